import { element, make } from "./elements.js";
import { formatFor, type NumberFormat } from "./numbers.js";
import { deviation, type Rows } from "./rows.js";
import { WINDOW_NAMES, integer, plural, startOf } from "./words.js";

/** The rows of a page. */
const PAGE = 50;

const title = element("h2", "table-title");
const head = element("tr", "columns");
const body = element("tbody", "rows");
const pages = element("nav", "pages");
const place = element("p", "page");
const previous = element("button", "previous");
const next = element("button", "next");

/** The table of windows, a page at a time, with the numbers that `pipeline run` prints. */
export class Table {
  #rows: Rows | undefined;
  #columns: { name: string; text: NumberFormat; value: (i: number) => number }[] = [];
  #page = 0;

  constructor() {
    previous.addEventListener("click", () => this.#turn(-1));
    next.addEventListener("click", () => this.#turn(1));
  }

  show(rows: Rows): void {
    this.#rows = rows;
    this.#page = 0;
    const column = (name: string, value: (i: number) => number): void => {
      this.#columns.push({ name, value, text: formatFor(valuesOf(rows, value)) });
    };
    this.#columns = [{ name: "Points", value: (i) => rows.count[i]!, text: integer }];
    column("Mean", (i) => rows.mean[i]!);
    column("Deviation", (i) => deviation(rows, i));
    column("Min", (i) => rows.min[i]!);
    column("Max", (i) => rows.max[i]!);
    column("Sum", (i) => rows.sum[i]!);
    title.textContent = rows.window === "all" ? "All points" : plural(rows.length, ...WINDOW_NAMES[rows.window]);
    head.replaceChildren(...[rows.window === "all" ? "First point (UTC)" : "Start (UTC)", ...this.#columns.map(({ name }) => name)].map((name) => {
      const cell = make("th", name);
      cell.scope = "col";
      return cell;
    }));
    this.#draw();
  }

  #turn(by: number): void {
    this.#page += by;
    this.#draw();
    // A button that was just disabled has lost the focus.
    if (document.activeElement === document.body) (by < 0 ? next : previous).focus();
  }

  #draw(): void {
    const rows = this.#rows!;
    const from = this.#page * PAGE;
    const to = Math.min(from + PAGE, rows.length);
    const lines = Array.from({ length: to - from }, (_, k) => {
      const line = document.createElement("tr");
      const start = make("th", startOf(rows, from + k));
      start.scope = "row";
      line.append(start, ...this.#columns.map(({ text, value }) => make("td", text(value(from + k)))));
      return line;
    });
    body.replaceChildren(...lines);
    pages.hidden = rows.length <= PAGE;
    place.textContent = `${integer(from + 1)} to ${integer(to)} of ${integer(rows.length)}`;
    previous.disabled = this.#page === 0;
    next.disabled = to === rows.length;
  }
}

function* valuesOf(rows: Rows, value: (i: number) => number): Generator<number> {
  for (let i = 0; i < rows.length; i++) yield value(i);
}
