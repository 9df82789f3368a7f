// Draws the charts that templates/_charts.html leaves as JSON. Expressions are
// interpreted (`ast`), so that no policy has to allow eval; nothing is fetched.
"use strict";

const theme = {
  background: "transparent",
  font: "system-ui, sans-serif",
  aria: false,
  view: { stroke: null },
  axis: {
    domainColor: "#7c8a96",
    gridColor: "#e3e8ec",
    labelColor: "#1b2733",
    labelFontSize: 12,
    labelOverlap: true,
    tickColor: "#7c8a96",
    titleColor: "#4a5a68",
    titleFontSize: 12,
    titleFontWeight: 600,
  },
  legend: { labelColor: "#1b2733", labelFontSize: 12, titleColor: "#4a5a68", titleFontSize: 12 },
};

async function draw(element) {
  const bounds = { domainMin: element.dataset.from, domainMax: element.dataset.to };
  const { spec, rows } = JSON.parse(
    element.querySelector("script").textContent,
    // a time axis has all the days that are asked for, also those without a bar
    (key, value) => (value === "window" ? { expr: `${Date.parse(bounds[key])}` } : value),
  );
  const chart = { width: "container", autosize: { type: "fit-x", contains: "padding" }, ...spec };
  try {
    const { view } = await vegaEmbed(
      element.querySelector(".drawing"),
      { ...chart, data: { values: rows } },
      {
        actions: false,
        ast: true,
        config: theme,
        defaultStyle: false,
        renderer: "svg",
        tooltip: { disableDefaultStyle: true },
      },
    );
    element.view = view;
    element.dataset.state = "drawn";
  } catch (error) {
    element.dataset.state = "failed";
    element.querySelector(".drawing").textContent = "The chart could not be drawn; its figures are in the table below.";
    throw error;
  }
}

for (const element of document.querySelectorAll("[data-chart]")) draw(element);

// where the head is scrolled, the page that it marks is seen
document
  .querySelector(".ada-pages [aria-current]")
  ?.scrollIntoView({ block: "nearest", inline: "center" });
