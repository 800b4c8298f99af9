for (const holder of document.querySelectorAll("figure[data-name]")) {
  const { data, layout } = JSON.parse(holder.querySelector("script").textContent);
  const place = holder.querySelector(".plot");
  // paper has another width than the window: pictures that know their own shape can be scaled to it
  const scalable = () => {
    for (const picture of place.querySelectorAll(".main-svg")) {
      const [width, height] = [picture.getAttribute("width"), picture.getAttribute("height")];
      picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
      picture.parentElement.style.aspectRatio = `${width} / ${height}`;
    }
  };
  Plotly.newPlot(place, data, layout, { displayModeBar: false, responsive: true }).then(() => {
    scalable();
    place.on("plotly_afterplot", scalable);
  });
  for (const button of holder.querySelectorAll("button"))
    button.addEventListener("click", () => Plotly.downloadImage(place, {
      format: button.dataset.format, filename: holder.dataset.name,
      width: 900, height: layout.height, scale: 2 }));
}
