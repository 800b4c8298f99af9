// Takes the films' grey values over from Python: a JSON header and, after it, 16-bit pixels.
// They travel apart from the viewer's own data, so that a moved box does not send them again.

export default function ({ data }) {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const shelf = (window[Symbol.for("mvm.films")] ??= new Map());
  shelf.clear();
  let start = 4 + length;
  for (const { id, rows, columns } of header) {
    const end = start + 2 * rows * columns;
    shelf.set(id, { rows, columns, pixels: new Uint16Array(bytes.slice(start, end).buffer) });
    start = end;
  }
  window.dispatchEvent(new Event("mvm-films"));
}
