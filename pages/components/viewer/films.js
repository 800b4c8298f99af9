// Takes the films' grey values over from Python: a JSON header and, after it, 16-bit pixels or JPEG.
// They travel apart from the viewer's own data, so that a moved box does not send them again.

const shelf = () => (window[Symbol.for("mvm.films")] ??= new Map());

async function unpack(id, bytes) {
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
  const { width: columns, height: rows } = bitmap;
  const context = new OffscreenCanvas(columns, rows).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, columns, rows);
  const pixels = new Uint16Array(rows * columns);
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = 257 * data[4 * at];
  // meanwhile others may have been hung
  if (!shelf().has(id)) return;
  shelf().set(id, { rows, columns, pixels });
  window.dispatchEvent(new Event("mvm-films"));
}

export default function ({ data }) {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const wanted = new Set(header.map(({ id }) => id));
  for (const id of [...shelf().keys()]) if (!wanted.has(id)) shelf().delete(id);
  let start = 4 + length;
  for (const { id, rows, columns, jpeg } of header) {
    const end = start + (jpeg ?? 2 * rows * columns);
    if (jpeg === undefined) {
      shelf().set(id, { rows, columns, pixels: new Uint16Array(bytes.slice(start, end).buffer) });
    } else if (!shelf().has(id)) {
      shelf().set(id, null);
      unpack(id, bytes.slice(start, end));
    }
    start = end;
  }
  window.dispatchEvent(new Event("mvm-films"));
}
