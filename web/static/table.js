// What Datasette's script for tables asks of the page, and names for its filters.
"use strict";

window.DATASETTE_ALLOW_FACET = false;

const names = {
  "select[name^=_filter_column]": "Column to filter by",
  "select[name^=_filter_op]": "Comparison",
  "input[name^=_filter_value]": "Value to compare with",
  "select[name=_sort]": "Column to sort by",
};
for (const [selector, name] of Object.entries(names)) {
  for (const field of document.querySelectorAll(selector)) field.setAttribute("aria-label", name);
}
