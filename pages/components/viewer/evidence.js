// Evidence in logits as a picture: the hue tells the side it speaks for, the opacity how strongly.

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** Bilinear enlargement of an evidence grid; cell centres lie at half-integers, the border is repeated. */
function evidencePicture(values, scale, asked) {
  const side = 256;
  const rows = values.length;
  const columns = values[0].length;
  const picture = new OffscreenCanvas(side, side);
  const context = picture.getContext("2d");
  const image = context.createImageData(side, side);
  for (let y = 0; y < side; y += 1) {
    const v = clamp(((y + 0.5) / side) * rows - 0.5, 0, rows - 1);
    const top = Math.floor(v);
    const bottom = Math.min(top + 1, rows - 1);
    for (let x = 0; x < side; x += 1) {
      const u = clamp(((x + 0.5) / side) * columns - 0.5, 0, columns - 1);
      const left = Math.floor(u);
      const right = Math.min(left + 1, columns - 1);
      const upper = values[top][left] * (1 - u + left) + values[top][right] * (u - left);
      const lower = values[bottom][left] * (1 - u + left) + values[bottom][right] * (u - left);
      const value = upper * (1 - v + top) + lower * (v - top);
      const [red, green, blue] = (value > 0 ? asked.above : asked.below).colour;
      const at = 4 * (y * side + x);
      image.data[at] = red;
      image.data[at + 1] = green;
      image.data[at + 2] = blue;
      image.data[at + 3] = 255 * Math.min(Math.abs(value) / scale, 1);
    }
  }
  context.putImageData(image, 0, 0);
  return picture;
}
