// One film on a canvas: window and level, zoom, pan, the level box and the evidence over it.
// Film coordinates are pixels of the film as it was read; the picture may hold fewer.

const GREYS = 65536;

class Pane {
  constructor(film, viewer) {
    this.film = film;
    this.viewer = viewer;
    this.box = null;
    this.vertebrae = new Vertebrae(this);
    this.pixels = null;
    this.root = document.createElement("div");
    this.root.className = "pane";
    this.root.dataset.view = film.view;
    this.root.innerHTML =
      '<canvas tabindex="0" role="application" aria-describedby="help"></canvas>' +
      '<div class="note title"></div><div class="note hint"></div><div class="note state"></div>';
    this.canvas = this.root.querySelector("canvas");
    this.canvas.setAttribute("aria-label", say("{view} film", { view: film.label }));
    this.root.querySelector(".title").textContent = film.label;
    this.root.style.setProperty("--ratio", film.columns / film.rows);
    this.context = this.canvas.getContext("2d");
    this.window = { centre: 0.5, width: 1, inverted: false };
    this.fit();
    this.gestures = new Gestures(this);
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.root);
  }

  destroy() {
    this.resizing.disconnect();
    clearTimeout(this.hinting);
    cancelAnimationFrame(this.frame);
  }

  show(picture) {
    this.pixels = picture.pixels;
    this.grey = new OffscreenCanvas(picture.columns, picture.rows);
    this.image = new ImageData(picture.columns, picture.rows);
    this.shade();
  }

  fit() {
    this.fitted = true;
    const width = this.canvas.clientWidth || 1;
    const height = this.canvas.clientHeight || 1;
    this.zoom = Math.min(width / this.film.columns, height / this.film.rows);
    this.left = (width - this.film.columns * this.zoom) / 2;
    this.top = (height - this.film.rows * this.zoom) / 2;
    this.draw();
  }

  /** Fill the canvas with what was read of this film, else with the box. */
  showLevel() {
    const region = this.viewer.regionOf(this.film.view);
    const [x, y, width, height] = region
      ? [region[0], region[1], region[2], region[2]]
      : this.spanOfLevel() ?? [];
    if (x === undefined) return;
    this.fitted = false;
    this.zoom = 0.9 * Math.min(this.canvas.clientWidth / width, this.canvas.clientHeight / height);
    this.left = this.canvas.clientWidth / 2 - (x + width / 2) * this.zoom;
    this.top = this.canvas.clientHeight / 2 - (y + height / 2) * this.zoom;
    this.draw();
  }

  /** Left, top, width and height of the box, else of the level in question; null where there is neither. */
  spanOfLevel() {
    const [x0, y0, x1, y1] = this.box ?? this.vertebrae.bounds(this.viewer.question) ?? [];
    return x0 === undefined ? null : [x0, y0, x1 - x0, y1 - y0];
  }

  reset() {
    this.window = { centre: 0.5, width: 1, inverted: false };
    this.shade();
    this.fit();
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    if (!width || !height) return;
    const middle = this.toFilm((this.canvas.width / ratio) / 2, (this.canvas.height / ratio) / 2);
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    if (this.fitted) {
      this.fit();
    } else {
      this.left = width / 2 - middle[0] * this.zoom;
      this.top = height / 2 - middle[1] * this.zoom;
    }
    this.draw();
  }

  toFilm(x, y) {
    return [(x - this.left) / this.zoom, (y - this.top) / this.zoom];
  }

  /** Zoom by a factor about a point of the canvas, the middle if none is given. */
  zoomBy(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const whole = Math.min(
      this.canvas.clientWidth / this.film.columns,
      this.canvas.clientHeight / this.film.rows,
    );
    const zoom = clamp(this.zoom * factor, whole / 2, whole * 24);
    this.left = x - ((x - this.left) * zoom) / this.zoom;
    this.top = y - ((y - this.top) * zoom) / this.zoom;
    this.zoom = zoom;
    this.fitted = false;
    this.draw();
  }

  panBy(x, y) {
    this.left += x;
    this.top += y;
    this.fitted = false;
    this.draw();
  }

  /** As on a workstation: to the right widens the window, downwards darkens. */
  windowBy(x, y) {
    this.window.width = clamp(this.window.width * Math.exp(x / 250), 0.01, 2);
    this.window.centre = clamp(this.window.centre + (y / 600) * Math.max(this.window.width, 0.15), 0, 1);
    this.shade();
  }

  invert() {
    this.window.inverted = !this.window.inverted;
    this.shade();
  }

  setBox(box, tell = false) {
    this.box = box;
    this.draw();
    if (tell) this.viewer.boxChanged();
  }

  moveBox(x, y) {
    const [x0, y0, x1, y1] = this.box;
    const right = clamp(x, -x0, this.film.columns - x1);
    const down = clamp(y, -y0, this.film.rows - y1);
    this.setBox([x0 + right, y0 + down, x1 + right, y1 + down]);
  }

  spanBox(a, b) {
    const x = [clamp(a[0], 0, this.film.columns), clamp(b[0], 0, this.film.columns)].sort((p, q) => p - q);
    const y = [clamp(a[1], 0, this.film.rows), clamp(b[1], 0, this.film.rows)].sort((p, q) => p - q);
    this.setBox([x[0], y[0], x[1], y[1]]);
  }

  shade() {
    if (!this.pixels) return;
    const { centre, width, inverted } = this.window;
    const table = new Uint8ClampedArray(GREYS);
    for (let grey = 0; grey < GREYS; grey += 1) {
      const value = 255 * ((grey / (GREYS - 1) - centre) / width + 0.5);
      table[grey] = inverted ? 255 - clamp(value, 0, 255) : value;
    }
    const packed = new Uint32Array(this.image.data.buffer);
    for (let at = 0; at < this.pixels.length; at += 1) {
      packed[at] = 0xff000000 | (table[this.pixels[at]] * 0x010101);
    }
    this.grey.getContext("2d").putImageData(this.image, 0, 0);
    this.draw();
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    const { context, film } = this;
    const ratio = window.devicePixelRatio || 1;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const zoom = this.zoom * ratio;
    context.setTransform(zoom, 0, 0, zoom, this.left * ratio, this.top * ratio);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    if (this.grey) context.drawImage(this.grey, 0, 0, film.columns, film.rows);
    context.save();
    context.beginPath();
    context.rect(0, 0, film.columns, film.rows);
    context.clip();
    const { evidence, opacity } = this.viewer.overlayFor(film.view);
    if (evidence) {
      const [x, y, side] = evidence.region;
      context.globalAlpha = opacity;
      context.drawImage(evidence.picture, x, y, side, side);
      context.globalAlpha = 1;
      context.setLineDash([5 / this.zoom, 5 / this.zoom]);
      context.lineWidth = 1 / this.zoom;
      context.strokeStyle = "rgba(255, 255, 255, 0.55)";
      context.strokeRect(x, y, side, side);
      context.setLineDash([]);
    }
    this.paintOutlines();
    this.paintMarks();
    context.restore();
    if (this.box) this.paintBox();
    this.vertebrae.paint();
    this.describe(evidence);
    this.viewer.painted();
  }

  paintOutlines() {
    for (const outline of this.viewer.outlinesFor(this.film.view)) {
      this.context.beginPath();
      outline.forEach(([x, y]) => this.context.lineTo(x, y));
      this.context.closePath();
      this.context.lineWidth = 4.5 / this.zoom;
      this.context.strokeStyle = "#000";
      this.context.stroke();
      this.context.lineWidth = 2 / this.zoom;
      this.context.strokeStyle = "#fff";
      this.context.stroke();
    }
  }

  paintMarks() {
    const { context } = this;
    context.font = `${14 / this.zoom}px sans-serif`;
    context.lineJoin = "round";
    for (const { name, outlines } of this.viewer.marksFor(this.film.view)) {
      for (const [style, width, dash] of [["#000", 4, []], ["#f0e442", 2, [6, 4]]]) {
        context.strokeStyle = style;
        context.lineWidth = width / this.zoom;
        context.setLineDash(dash.map((length) => length / this.zoom));
        for (const outline of outlines) {
          context.beginPath();
          outline.forEach(([x, y]) => context.lineTo(x, y));
          context.closePath();
          context.stroke();
        }
      }
      context.setLineDash([]);
      const [x, y] = outlines.flat().reduce((highest, point) => (point[1] < highest[1] ? point : highest));
      context.lineWidth = 3 / this.zoom;
      context.strokeStyle = "#000";
      context.strokeText(name, x, y - 6 / this.zoom);
      context.fillStyle = "#f0e442";
      context.fillText(name, x, y - 6 / this.zoom);
    }
  }

  get accent() {
    return getComputedStyle(this.root).getPropertyValue("--st-primary-color") || "#5cc8b4";
  }

  paintBox() {
    const { context, accent } = this;
    const [x0, y0, x1, y1] = this.box;
    context.lineWidth = 4 / this.zoom;
    context.strokeStyle = "rgba(0, 0, 0, 0.7)";
    context.strokeRect(x0, y0, x1 - x0, y1 - y0);
    context.lineWidth = 2 / this.zoom;
    context.strokeStyle = accent;
    context.strokeRect(x0, y0, x1 - x0, y1 - y0);
    if (this.viewer.tool !== "box") return;
    context.fillStyle = accent;
    const size = 8 / this.zoom;
    for (const x of [x0, x1]) for (const y of [y0, y1]) context.fillRect(x - size / 2, y - size / 2, size, size);
  }

  describe(evidence) {
    const percent = (value) => Math.round(100 * value);
    const { centre, width, inverted } = this.window;
    const values = { ...this.windowInWords(width, centre), zoom: percent(this.zoom) };
    let state = say("W {width}  L {level}  zoom {zoom} %", values);
    if (inverted) state += `  ${say("inverted")}`;
    this.root.querySelector(".state").textContent = state;
    this.root.dataset.box = this.box ? this.box.map((v) => v.toFixed(1)).join(" ") : "";
    this.root.dataset.place = [this.zoom, this.left, this.top].map((v) => v.toFixed(4)).join(" ");
    this.root.dataset.ready = this.pixels ? "true" : "false";
    this.vertebrae.describe();
    const marked = this.viewer.marksFor(this.film.view).map(({ name }) => name);
    if (marked.length) this.canvas.setAttribute("aria-label", `${this.canvas.getAttribute("aria-label")}; ${marked.join(", ")}`);
    const map = this.viewer.saidOfMap(evidence);
    if (map) this.canvas.setAttribute("aria-label", `${this.canvas.getAttribute("aria-label")}; ${map}`);
    this.root.querySelector(".hint").textContent = this.passingHint ?? this.lastingHint(evidence);
  }

  /** In the film's own values where it has some, else in shares of what is shown. */
  windowInWords(width, centre) {
    const own = this.film.values;
    if (!own) return { width: `${Math.round(100 * width)} %`, level: `${Math.round(100 * centre)} %` };
    const [black, white] = own;
    const written = (value) => value.toFixed(Math.abs(white - black) < 100 ? 2 : 0);
    return { width: written(Math.abs(white - black) * width), level: written(black + (white - black) * centre) };
  }

  lastingHint(evidence) {
    if (this.viewer.data.plain && !this.vertebrae.chain.length)
      return this.viewer.data.unnamed ? "" : say("No vertebra was found on this film.");
    if (this.viewer.tool === "corners") {
      return this.vertebrae.chain.length
        ? say("Drag a corner; click a vertebra to name it.")
        : say("No vertebra was found on this film.");
    }
    if (!this.box && !this.vertebrae.chain.length) {
      return say("No vertebra was found: choose Level box and draw around the one in question.");
    }
    return this.viewer.reading && !evidence ? say("This reading does not look at this film.") : "";
  }

  /** Say something for a moment. */
  hintFor(milliseconds, words) {
    clearTimeout(this.hinting);
    this.passingHint = words;
    this.hinting = setTimeout(() => { this.passingHint = null; this.draw(); }, milliseconds);
    this.draw();
  }
}
