// What mouse, fingers and keys do to one film.

const HANDLE = 9;
const SMALLEST_BOX = 8;
const STILL = 4;

class Gestures {
  constructor(pane) {
    this.pane = pane;
    this.pointers = new Map();
    this.drag = null;
    this.listen();
  }

  /** The part of the box under a point: a corner, "inside", or null. */
  hit(x, y) {
    if (!this.pane.box) return null;
    const [x0, y0, x1, y1] = this.pane.box;
    const reach = HANDLE / this.pane.zoom;
    for (const [cx, ox] of [[x0, x1], [x1, x0]]) {
      for (const [cy, oy] of [[y0, y1], [y1, y0]]) {
        if (Math.abs(x - cx) < reach && Math.abs(y - cy) < reach) return { opposite: [ox, oy] };
      }
    }
    return x > x0 && x < x1 && y > y0 && y < y1 ? "inside" : null;
  }

  listen() {
    const { canvas } = this.pane;
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("dblclick", () => this.pane.viewer.tool !== "box" && this.pane.fit());
    canvas.addEventListener("focus", () => this.pane.viewer.activate(this.pane));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointercancel", (event) => this.release(event));
  }

  wheel(event) {
    const { pane } = this;
    const focused = pane.canvas.getRootNode().activeElement === pane.canvas;
    // A page that is being scrolled past the films must not be caught by them.
    if (!event.ctrlKey && (!focused || pane.viewer.scrolling())) {
      if (!focused) pane.hintFor(1600, say("Ctrl + wheel zooms, or click into the film first."));
      return;
    }
    event.preventDefault();
    pane.zoomBy(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
  }

  press(event) {
    event.preventDefault();
    this.pane.canvas.focus({ preventScroll: true });
    this.pane.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
    const tool = event.button === 0 ? this.pane.viewer.tool : "pan";
    const point = this.pane.toFilm(event.offsetX, event.offsetY);
    this.drag = { tool, from: [event.offsetX, event.offsetY], still: true, alone: this.pointers.size === 1 };
    if (tool === "corners" && !this.pane.vertebrae.hold(...point)) this.drag.tool = "pan";
    if (tool !== "box") return;
    const part = this.hit(...point);
    this.drag.before = this.pane.box;
    if (part === "inside") this.drag.moving = true;
    else this.drag.anchor = part ? part.opposite : point;
  }

  move(event) {
    const last = this.pointers.get(event.pointerId);
    if (!last || !this.drag) return;
    const next = [event.offsetX, event.offsetY];
    // A hand that clicks trembles.
    const [fromX, fromY] = this.drag.from;
    if (this.drag.still && Math.hypot(next[0] - fromX, next[1] - fromY) < STILL) return;
    this.drag.still = false;
    const [x, y] = [next[0] - last[0], next[1] - last[1]];
    if (this.pointers.size === 2) {
      const [, other] = [...this.pointers].find(([id]) => id !== event.pointerId);
      const apart = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
      this.pane.zoomBy(apart(next) / apart(last), (next[0] + other[0]) / 2, (next[1] + other[1]) / 2);
    } else if (this.drag.tool === "pan") {
      this.pane.panBy(x, y);
    } else if (this.drag.tool === "window") {
      this.pane.windowBy(x, y);
    } else if (this.drag.tool === "corners") {
      this.pane.vertebrae.drag(...this.pane.toFilm(...next));
    } else if (this.drag.moving) {
      this.pane.moveBox(x / this.pane.zoom, y / this.pane.zoom);
    } else {
      this.pane.spanBox(this.drag.anchor, this.pane.toFilm(...next));
    }
    this.pointers.set(event.pointerId, next);
  }

  release(event) {
    this.pointers.delete(event.pointerId);
    const { drag } = this;
    this.drag = null;
    if (!drag || event.type === "pointercancel") return;
    if (drag.still) {
      if (drag.alone && event.button === 0 && drag.tool !== "box") this.click(event);
    } else if (drag.tool === "corners") {
      this.pane.viewer.vertebraeChanged();
    } else if (drag.tool === "box" && this.pane.box !== drag.before) {
      this.finishBox(drag.before);
    }
  }

  /** A click without a drag picks the vertebra under it. */
  click(event) {
    const { viewer, vertebrae } = this.pane;
    const seen = viewer.outlined || viewer.data.unnamed;
    const vertebra = seen && vertebrae.at(...this.pane.toFilm(event.offsetX, event.offsetY));
    if (!vertebra) return;
    if (viewer.data.read.includes(vertebra.level)) viewer.pick(vertebra.level);
    else this.pane.hintFor(2000, say("{level} was not read.", vertebra));
  }

  finishBox(before) {
    const [x0, y0, x1, y1] = this.pane.box;
    if (x1 - x0 < SMALLEST_BOX || y1 - y0 < SMALLEST_BOX) this.pane.setBox(before);
    else this.pane.setBox(this.pane.box, true);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (step) this.arrow(step[0], step[1], event.shiftKey);
    else if (event.key === "Delete" && this.pane.box) this.pane.setBox(null, true);
    else if (event.key === "+" || event.key === "=") this.pane.zoomBy(1.25);
    else if (event.key === "-") this.pane.zoomBy(0.8);
    else if (event.key === "0") this.pane.reset();
    else if (event.key === "l" || event.key === "L") this.pane.showLevel();
    else if (event.key === "v" || event.key === "V") this.pane.viewer.toggleOutlines();
    else if (event.key === "i" || event.key === "I") this.pane.viewer.invert();
    else if (event.key === "f" || event.key === "F") this.pane.viewer.fullScreen();
    else return;
    event.preventDefault();
  }

  arrow(x, y, resize) {
    const { tool } = this.pane.viewer;
    if (tool === "pan" || tool === "corners") this.pane.panBy(-30 * x, -30 * y);
    if (tool === "window") this.pane.windowBy(20 * x, 20 * y);
    if (tool !== "box") return;
    const step = this.pane.film.columns / 100;
    if (!this.pane.box) {
      const [u, v] = [this.pane.film.columns / 2, this.pane.film.rows / 2];
      const level = this.pane.vertebrae.bounds(this.pane.viewer.question);
      this.pane.setBox(level ?? [u - 10 * step, v - 10 * step, u + 10 * step, v + 10 * step], true);
    } else if (resize) {
      const [x0, y0, x1, y1] = this.pane.box;
      const far = [Math.max(x1 + x * step, x0 + 2 * step), Math.max(y1 + y * step, y0 + 2 * step)];
      this.pane.spanBox([x0, y0], far);
      this.pane.viewer.boxChanged(true);
    } else {
      this.pane.moveBox(x * step, y * step);
      this.pane.viewer.boxChanged(true);
    }
  }
}
