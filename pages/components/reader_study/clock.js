// How long the films of one reading are in sight, and for how much of it nobody touched anything. Films and questions
// are covered unless this clock has begun, and while it stands still.

const TOUCHES = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];
const TICK_MS = 100;
// No page is held up for so long; the machine slept, and its films were out of sight.
const ASLEEP_MS = 5000;
const TOLD_LEFT_S = 30;
const KEPT = "mvm-study-clock:";
const page = document.documentElement;

class StudyClock {
  constructor() {
    this.name = null;
    this.last = performance.now();
    for (const kind of TOUCHES)
      window.addEventListener(kind, () => this.touch(), { passive: true, capture: true });
    window.addEventListener("click", (event) => this.press(event), true);
    window.addEventListener("mvm-hung", () => this.begin());
    window.addEventListener("pagehide", () => { this.settle(); this.keep(); });
    document.addEventListener("visibilitychange", () => document.hidden && this.pause());
    setInterval(() => this.tick(), TICK_MS);
  }

  update(root, data, send) {
    Object.assign(this, { root: root.querySelector(".clock"), data, send });
    this.root.querySelector("button").onclick = () => (this.phase === "paused" ? this.goOn() : this.pause());
    if (data.name !== this.name) this.take(data.name);
    this.show();
  }

  leave() {
    this.settle();
    this.keep();
    this.name = null;
    this.cover();
  }

  take(name) {
    Object.assign(this, { name, phase: "coming", pauses: 0, pressed: null, beat: 0, told: performance.now() });
    const before = this.kept();
    this.seconds = Math.max(this.data.seconds, before.seconds ?? 0);
    this.idle = Math.max(this.data.idle, before.idle ?? 0);
    this.begin();
  }

  /** The films of this reading hang: from now on they are in sight, and the clock runs. */
  begin() {
    if (this.name === null || this.phase !== "coming") return;
    if (window[Symbol.for("mvm.hung")] !== this.name && !this.isOver()) return;
    this.phase = this.isOver() ? "over" : "runs";
    this.show();
    // They are seen with the next frame that is drawn; a busy machine may be long about it.
    this.drawn = false;
    const { name } = this;
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (this.name !== name || this.phase === "coming") return;
      this.drawn = true;
      this.last = this.touched = performance.now();
      this.tell();
    }));
  }

  isOver() {
    return this.data.longest !== null && this.seconds >= this.data.longest;
  }

  pause() {
    this.settle();
    if (this.name !== null && this.phase === "runs") this.stop(this.last);
  }

  /** Stand still; all is covered until the reader goes on. */
  stop(now) {
    this.rest();
    this.last = now;
    this.phase = "paused";
    this.pauses += 1;
    this.keep();
    this.show();
    this.tell();
  }

  goOn() {
    this.phase = "coming";
    this.begin();
  }

  /** Count the time up to now; where the machine slept, that of the sleep does not count. */
  settle() {
    const now = performance.now();
    const gone = now - this.last;
    const runs = this.name !== null && this.phase === "runs" && this.drawn;
    if (runs && gone > ASLEEP_MS) {
      this.stop(now);
      return;
    }
    this.last = now;
    if (!runs) return;
    this.seconds += gone / 1000;
    if (!this.isOver()) return;
    this.seconds = this.data.longest;
    this.rest();
    this.phase = "over";
    this.show();
  }

  /** A stretch without a touch that has lasted long enough counts as idle. */
  stretch() {
    const gone = this.phase === "runs" ? (this.last - this.touched) / 1000 : 0;
    return gone > this.data.after ? gone : 0;
  }

  rest() {
    this.idle += this.stretch();
    this.touched = this.last;
  }

  touch() {
    this.settle();
    if (this.name !== null && this.phase === "runs") this.rest();
  }

  tick() {
    if (this.name === null) return;
    const left = this.left();
    this.settle();
    if (left !== this.left()) this.show();
    if (this.last - this.told >= 1000 * this.data.every) {
      this.keep();
      this.tell();
    }
  }

  /** An answer is given: its time is that of the press, however long it travels. */
  press(event) {
    const locks = event.composedPath().some((each) => each.classList?.contains(this.data?.locks));
    if (this.name === null || !locks) return;
    this.settle();
    this.pressed = { seconds: this.seconds, idle: this.idle + this.stretch() };
    this.tell();
  }

  tell() {
    this.told = performance.now();
    this.beat += 1;
    const { name, seconds, pauses, pressed, beat } = this;
    this.send("clock", { name, seconds, idle: this.idle + this.stretch(), pauses, pressed, beat });
  }

  /** Should the page be loaded again, nothing of the time is lost. */
  keep() {
    if (this.name === null) return;
    try {
      for (const key of Object.keys(localStorage))
        if (key.startsWith(KEPT) && key !== KEPT + this.name) localStorage.removeItem(key);
      const { seconds } = this;
      localStorage.setItem(KEPT + this.name, JSON.stringify({ seconds, idle: this.idle + this.stretch() }));
    } catch {
      // a browser that keeps nothing; the server has what was told last
    }
  }

  kept() {
    try {
      return JSON.parse(localStorage.getItem(KEPT + this.name)) ?? {};
    } catch {
      return {};
    }
  }

  /** Seconds left, where they are to be told. */
  left() {
    if (this.phase !== "runs" || this.data.longest === null) return null;
    const left = Math.ceil(this.data.longest - this.seconds);
    return left <= TOLD_LEFT_S ? left : null;
  }

  cover() {
    const runs = this.name !== null && this.phase === "runs";
    const asked = runs || (this.name !== null && this.phase === "over");
    for (const [key, shown] of [["studyFilms", runs], ["studyAsked", asked]]) {
      if (shown) page.dataset[key] = this.name;
      else delete page.dataset[key];
    }
  }

  show() {
    this.cover();
    if (!this.root?.isConnected) return;
    const { words } = this.data;
    const left = this.left();
    const told = left === null ? (words[this.phase] ?? "") : words.left.replace("{seconds}", left);
    const line = this.root.querySelector(".told");
    if (line.textContent !== told) line.textContent = told;
    this.root.dataset.phase = this.phase;
    const button = this.root.querySelector("button");
    button.hidden = this.phase === "coming" || this.phase === "over";
    button.textContent = this.phase === "paused" ? words.goOn : words.pause;
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const clock = (window[Symbol.for("mvm.study-clock")] ??= new StudyClock());
  clock.update(parentElement, data, setStateValue);
  return () => clock.leave();
}
