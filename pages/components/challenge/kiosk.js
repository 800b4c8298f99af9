// A stand's window: fills the screen when asked, and goes back to the start when nobody touches it.

const touches = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];
const WARN_S = 10;

export default function ({ data, parentElement, setTriggerValue }) {
  const bar = parentElement.querySelector(".still");
  const full = parentElement.querySelector("button");
  full.textContent = data.full;
  full.hidden = !data.offers || !document.documentElement.requestFullscreen;
  full.onclick = () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen();
  };
  let seen = Date.now();
  let left = 0;
  const touched = () => { seen = Date.now(); left = 0; };
  for (const kind of touches) window.addEventListener(kind, touched, { passive: true, capture: true });
  const watch = setInterval(() => {
    // Nobody has to be sent back from the start.
    if (data.home) return;
    const rest = data.seconds - (Date.now() - seen) / 1000;
    bar.hidden = rest > Math.min(WARN_S, data.seconds / 2);
    bar.textContent = data.still.replace("{seconds}", Math.max(0, Math.ceil(rest)));
    if (rest > 0) return;
    if (!left) {
      left = Date.now();
      setTriggerValue("left", left);
    } else if (Date.now() - left > 10000) {
      // The server did not answer: a tablet that slept has lost its session, and starts a new one.
      left = Date.now();
      fetch("_stcore/health").then((answer) => { if (answer.ok) location.replace(data.url); }).catch(() => {});
    }
  }, 500);
  return () => {
    clearInterval(watch);
    for (const kind of touches) window.removeEventListener(kind, touched, { capture: true });
  };
}
