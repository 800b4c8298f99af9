// The vertebrae of one film: outlined and named, picked by a click, their corners dragged, their levels renamed.
// Corners are in film coordinates: upper left, upper right, lower right, lower left.

const ALERT = "#ffb000";
const QUIET = "rgba(232, 234, 236, 0.75)";
const CORNER_REACH = 12;

class Vertebrae {
  constructor(pane) {
    this.pane = pane;
    this.chain = [];
    this.held = null;
  }

  take(chain) {
    this.chain = chain.map((each) => ({ ...each, corners: each.corners.map((corner) => [...corner]) }));
    this.pane.draw();
  }

  of(level) {
    return this.chain.find((each) => each.level === level);
  }

  /** Left, top, right and bottom of a level's body; null where this film does not show it. */
  bounds(level) {
    const corners = this.of(level)?.corners;
    if (!corners) return null;
    const [x, y] = [corners.map((corner) => corner[0]), corners.map((corner) => corner[1])];
    return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
  }

  /** The vertebra at a point of the film. */
  at(x, y) {
    const inside = (corners) =>
      corners.every((a, i) => Vertebrae.turn(a, corners[(i + 1) % 4], [x, y]) >= 0);
    return this.chain.find((each) => inside(each.corners)) ?? null;
  }

  /** Positive where a, b, c go round clockwise as seen on the film. */
  static turn(a, b, c) {
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  }

  /** Take hold of the corner nearest to a point, if one is in reach. */
  hold(x, y) {
    const near = this.chain
      .flatMap((vertebra) => vertebra.corners.map((corner, index) => ({
        vertebra, index, distance: Math.hypot(corner[0] - x, corner[1] - y),
      })))
      .sort((a, b) => a.distance - b.distance)[0];
    this.held = near && near.distance < CORNER_REACH / this.pane.zoom ? near : null;
    return this.held !== null;
  }

  /** Move the corner that is held; the body stays a quadrilateral without dents. */
  drag(x, y) {
    const { film } = this.pane;
    const { corners } = this.held.vertebra;
    const moved = corners.map((corner, index) =>
      index === this.held.index ? [clamp(x, 0, film.columns), clamp(y, 0, film.rows)] : corner);
    if (!moved.every((a, i) => Vertebrae.turn(a, moved[(i + 1) % 4], moved[(i + 2) % 4]) > 0)) return;
    this.held.vertebra.corners = moved;
    this.pane.draw();
  }

  /** Names that the level may be given: all others move along with it. */
  namesFor(level, names) {
    const places = this.chain.map((each) => names.indexOf(each.level));
    const here = names.indexOf(level);
    const [up, down] = [Math.min(...places), names.length - 1 - Math.max(...places)];
    return names.slice(here - up, here + down + 1);
  }

  /** Give a level another name and number all others from there. */
  rename(level, name, names) {
    const by = names.indexOf(name) - names.indexOf(level);
    this.chain = this.chain.map((each) => ({ ...each, level: names[names.indexOf(each.level) + by] }));
    this.pane.draw();
  }

  paint() {
    const { pane } = this;
    if (!pane.viewer.outlined || !this.chain.length) return;
    const { question, data } = pane.viewer;
    // Where the films are to tell nothing, what a reader points at is outlined alone.
    const seen = data.unnamed ? this.chain.filter(({ level }) => level === question) : this.chain;
    const inOrder = [...seen].sort((a, b) => (a.level === question) - (b.level === question));
    for (const vertebra of inOrder) this.outline(vertebra, vertebra.level === question);
  }

  /** A body: from corner to corner; endplates through their middles where these are known. */
  trace([a, b, c, d], dents) {
    const { context } = this.pane;
    const between = (p, q, share) => [0, 1].map((axis) => p[axis] + share * (q[axis] - p[axis]));
    const [upper, lower] = [between(a, b, 0.5), between(d, c, 0.5)];
    // A quadratic curve meets half of the way to its control point.
    const endplate = (from, to, middle, other, dent) => {
      context.lineTo(...from);
      context.quadraticCurveTo(...between(middle, other, 2 * dent), ...to);
    };
    const [upperDent, lowerDent] = dents ?? [0, 0];
    context.beginPath();
    endplate(a, b, upper, lower, upperDent);
    endplate(c, d, lower, upper, lowerDent);
    context.closePath();
  }

  outline({ level, corners, dents, diseased }, emphasised) {
    const { context, zoom, viewer } = this.pane;
    const colour = diseased ? ALERT : emphasised ? this.pane.accent : QUIET;
    this.trace(corners, dents);
    for (const [width, stroke] of [[emphasised ? 5 : 3, "rgba(0, 0, 0, 0.55)"], [emphasised ? 2.5 : 1.2, colour]]) {
      context.lineWidth = width / zoom;
      context.strokeStyle = stroke;
      context.stroke();
    }
    if (viewer.tool === "corners") {
      const size = 7 / zoom;
      context.fillStyle = colour;
      corners.forEach(([x, y]) => context.fillRect(x - size / 2, y - size / 2, size, size));
    }
    this.name(level, corners, colour, emphasised);
  }

  /** The level's name beside the body's left side, wherever that lies on a film that is turned. */
  name(level, corners, colour, emphasised) {
    const { context, zoom } = this.pane;
    context.font = `${emphasised ? 700 : 500} ${(emphasised ? 17 : 13) / zoom}px sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const between = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    const [side, far] = [between(corners[0], corners[3]), between(corners[1], corners[2])];
    const away = 7 / zoom + context.measureText(level).width / 2;
    const width = Math.hypot(side[0] - far[0], side[1] - far[1]) || 1;
    const [x, y] = [0, 1].map((axis) => side[axis] + (away * (side[axis] - far[axis])) / width);
    context.lineJoin = "round";
    context.lineWidth = 4 / zoom;
    context.strokeStyle = "rgba(0, 0, 0, 0.8)";
    context.strokeText(level, x, y);
    context.fillStyle = colour;
    context.fillText(level, x, y);
  }

  /** What is drawn, for whoever cannot see the canvas. */
  describe() {
    const { root, viewer, canvas, film } = this.pane;
    const named = !viewer.data.unnamed;
    root.dataset.vertebrae = viewer.outlined && named ? this.chain.map((each) => each.level).join(" ") : "";
    root.dataset.diseased = this.chain.filter((each) => each.diseased).map((each) => each.level).join(" ");
    const ends = { first: this.chain[0]?.level, last: this.chain.at(-1)?.level };
    const seen = this.chain.length && named ? say(", {first} to {last} outlined", ends) : "";
    const asked = this.of(viewer.question) ? say(", {level} in question", { level: viewer.question }) : "";
    canvas.setAttribute("aria-label", `${say("{view} film", { view: film.label })}${seen}${asked}`);
    root.dataset.question = this.of(viewer.question) ? viewer.question : "";
  }

  send() {
    return this.chain.map(({ level, corners }) => ({ level, corners }));
  }
}
