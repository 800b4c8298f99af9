// The screen: a test pattern after SMPTE RP 133 in the screen's own pixels, and its true size by a credit card.

const SIDE = 480;
const STEPS = 11;
const screens = new WeakMap();

const grey = (percent) => `hsl(0 0% ${percent}%)`;

/** Line pairs of a width in device pixels: upright ones on the left, lying ones on the right. */
function lines(context, x, y, side, wide, low, high) {
  context.fillStyle = grey(low);
  context.fillRect(x, y, side, side);
  context.fillStyle = grey(high);
  for (let at = 0; at < side / 2; at += 2 * wide) context.fillRect(x + at, y, wide, side);
  for (let at = 0; at < side; at += 2 * wide) context.fillRect(x + side / 2, y + at, side / 2, wide);
}

function pattern(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const side = Math.round(SIDE * ratio);
  canvas.width = canvas.height = side;
  canvas.style.width = canvas.style.height = `${side / ratio}px`;
  const context = canvas.getContext("2d");
  const unit = Math.floor(side / 12);
  context.fillStyle = grey(50);
  context.fillRect(0, 0, side, side);
  context.strokeStyle = grey(75);
  context.lineWidth = 1;
  for (let at = 0; at <= 12; at += 1) {
    for (const [x0, y0, x1, y1] of [[at * unit, 0, at * unit, side], [0, at * unit, side, at * unit]]) {
      context.beginPath();
      context.moveTo(x0 + 0.5, y0 + 0.5);
      context.lineTo(x1 + 0.5, y1 + 0.5);
      context.stroke();
    }
  }
  context.strokeStyle = grey(100);
  context.strokeRect(0.5, 0.5, side - 1, side - 1);
  // Grey steps from 0 to 100 %, in a row.
  for (let step = 0; step < STEPS; step += 1) {
    context.fillStyle = grey((100 * step) / (STEPS - 1));
    context.fillRect(unit / 2 + step * unit, 4 * unit, unit, 1.5 * unit);
  }
  // 5 % within 0 %, 95 % within 100 %.
  for (const [at, ground, patch] of [[2, 0, 5], [7, 100, 95]]) {
    context.fillStyle = grey(ground);
    context.fillRect(at * unit, 6.5 * unit, 3 * unit, 2 * unit);
    context.fillStyle = grey(patch);
    context.fillRect((at + 1) * unit, 7 * unit, unit, unit);
  }
  // Line pairs at full and at low contrast in the corners and the middle.
  for (const [x, y] of [[0.5, 0.5], [9.5, 0.5], [0.5, 9.5], [9.5, 9.5], [5, 0.5], [5, 9.5]]) {
    const low = x === 5 ? 48 : 0;
    const high = x === 5 ? 53 : 100;
    for (const [at, wide] of [[0, 1], [1, 2]])
      lines(context, Math.round(x * unit + at * 1.05 * unit), Math.round(y * unit), unit, wide, low, high);
  }
}

class Screen {
  constructor(root) {
    this.root = root;
    this.canvas = root.querySelector("canvas");
    this.looked = () => { pattern(this.canvas); this.tell(); };
    window.addEventListener("resize", this.looked);
    pattern(this.canvas);
  }

  destroy() {
    window.removeEventListener("resize", this.looked);
  }

  update(data, send) {
    this.send = send;
    this.canvas.setAttribute("aria-label", data.words.pattern);
    if (!this.told) this.tell();
  }

  tell() {
    const told = { width: screen.width, height: screen.height, ratio: window.devicePixelRatio };
    if (JSON.stringify(told) === JSON.stringify(this.told)) return;
    this.told = told;
    this.send("screen", told);
  }
}

/** A bar that is made as wide as a card. */
class Card {
  constructor(root) {
    this.root = root;
    this.bar = root.querySelector(".card");
    this.handle = root.querySelector("input");
    this.handle.oninput = () => this.draw();
    this.handle.onchange = () => this.send("card", Number(this.handle.value));
  }

  destroy() {}

  update(data, send) {
    this.send = send;
    this.root.querySelector("label").textContent = data.words.card;
    this.handle.setAttribute("aria-label", data.words.card);
    this.draw();
  }

  draw() {
    this.bar.style.width = `${this.handle.value}px`;
  }
}

export default function ({ data, parentElement, setStateValue }) {
  let own = screens.get(parentElement);
  if (!own) {
    own = new (parentElement.querySelector("canvas") ? Screen : Card)(parentElement);
    screens.set(parentElement, own);
  }
  own.update(data, setStateValue);
  return () => {
    own.destroy();
    screens.delete(parentElement);
  };
}
