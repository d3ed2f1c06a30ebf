import { dot, drawChart, isDrawn, middle, type Palette, type Plot } from "./chart.js";
import { element } from "./elements.js";
import { formatFor, type NumberFormat } from "./numbers.js";
import { deviation, type Rows } from "./rows.js";
import { plural, windowName } from "./words.js";

const chart = element("div", "chart");
const canvas = element("canvas", "canvas");
const readout = element("div", "readout");
const scheme = matchMedia("(prefers-color-scheme: dark)");

/** The colours of a chart that goes into a document. */
const ON_PAPER: Palette = { ink: "#18212b", soft: "#566270", rule: "#dfe3e8", line: "#1f5fa8", band: "rgb(31 95 168 / 18%)", paper: "#ffffff" };

/** The chart on the page: its windows are read by pointer and keyboard. */
export class Explorer {
  #rows: Rows | undefined;
  #plot: Plot | undefined;
  #mean: NumberFormat = String;
  #side: NumberFormat = String;
  /** The window that is pointed at. */
  #at: number | undefined;

  constructor() {
    new ResizeObserver(() => this.#draw()).observe(chart);
    scheme.addEventListener("change", () => this.#draw());
    chart.addEventListener("pointermove", ({ clientX }) => this.#pointAt(clientX - chart.getBoundingClientRect().left));
    chart.addEventListener("pointerdown", ({ clientX }) => this.#pointAt(clientX - chart.getBoundingClientRect().left));
    chart.addEventListener("pointerleave", () => this.#show(undefined));
    chart.addEventListener("focus", () => {
      if (this.#at === undefined && chart.matches(":focus-visible")) this.#show(0);
    });
    chart.addEventListener("blur", () => this.#show(undefined));
    chart.addEventListener("keydown", (event) => this.#key(event));
  }

  show(rows: Rows): void {
    this.#rows = rows;
    this.#mean = formatFor(rows.mean);
    this.#side = formatFor(Array.from({ length: Math.min(rows.length, 1000) }, (_, i) => deviation(rows, i)));
    this.#at = undefined;
    chart.ariaValueMax = String(rows.length);
    this.#describe(0);
    this.#draw();
  }

  /** Draws the chart for a document. */
  picture(title: string): Promise<Blob> {
    const paper = document.createElement("canvas");
    const [width, height, scale] = [960, 480, 2];
    [paper.width, paper.height] = [width * scale, height * scale];
    const context = paper.getContext("2d")!;
    context.scale(scale, scale);
    drawChart(context, width, height, this.#rows!, ON_PAPER, title);
    // Behind what is drawn.
    context.globalCompositeOperation = "destination-over";
    context.fillStyle = ON_PAPER.paper;
    context.fillRect(0, 0, width, height);
    return new Promise((resolve, reject) => {
      paper.toBlob((blob) => (blob === null ? reject(new Error("the browser did not draw the picture")) : resolve(blob)), "image/png");
    });
  }

  #draw(): void {
    if (this.#rows === undefined || chart.clientWidth === 0) return;
    const scale = devicePixelRatio;
    const [width, height] = [chart.clientWidth, chart.clientHeight];
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext("2d")!;
    context.scale(scale, scale);
    const colours = palette();
    this.#plot = drawChart(context, width, height, this.#rows, colours);
    if (this.#plot !== undefined && this.#at !== undefined && isDrawn(this.#rows, this.#at)) {
      const x = this.#plot.x(middle(this.#rows, this.#at));
      context.strokeStyle = colours.soft;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(Math.round(x) + 0.5, this.#plot.top);
      context.lineTo(Math.round(x) + 0.5, this.#plot.bottom);
      context.stroke();
      dot(context, x, this.#plot.y(this.#rows.mean[this.#at]!), colours, 5);
    }
    this.#placeReadout();
  }

  /** Shows the window that is nearest to a place. */
  #pointAt(x: number): void {
    const [rows, plot] = [this.#rows, this.#plot];
    if (rows === undefined || plot === undefined) return;
    let [low, high] = [0, rows.length - 1];
    while (low < high) {
      const half = (low + high) >> 1;
      if (plot.x(middle(rows, half)) < x) low = half + 1;
      else high = half;
    }
    if (low > 0 && x - plot.x(middle(rows, low - 1)) < plot.x(middle(rows, low)) - x) low--;
    this.#show(low);
  }

  #show(at: number | undefined): void {
    if (at === this.#at) return;
    this.#at = at;
    if (at !== undefined) this.#describe(at);
    this.#draw();
  }

  #describe(at: number): void {
    chart.ariaValueNow = String(at + 1);
    const [name, ...rest] = this.#text(at);
    chart.ariaValueText = `${name}: ${rest.join(", ")}`;
  }

  /** A window in words: its name, mean, extremes and points. */
  #text(at: number): string[] {
    const rows = this.#rows!;
    const { mean, min, max, count } = rows;
    return [
      windowName(rows, at),
      `mean ${this.#mean(mean[at]!)} ± ${this.#side(deviation(rows, at))}`,
      `from ${min[at]!} to ${max[at]!}`,
      plural(count[at]!, "point", "points"),
    ];
  }

  #placeReadout(): void {
    const [rows, plot, at] = [this.#rows, this.#plot, this.#at];
    readout.hidden = rows === undefined || plot === undefined || at === undefined;
    if (rows === undefined || plot === undefined || at === undefined) return;
    const [name, ...rest] = this.#text(at);
    const strong = document.createElement("strong");
    strong.textContent = name!;
    readout.replaceChildren(strong, ...rest.flatMap((line, i) => (i === 0 ? [line] : [document.createElement("br"), line])));
    const x = plot.x(middle(rows, at));
    const left = x + 14 + readout.offsetWidth > chart.clientWidth ? x - 14 - readout.offsetWidth : x + 14;
    readout.style.translate = `${Math.max(0, Math.round(left))}px ${plot.top + 4}px`;
  }

  #key(event: KeyboardEvent): void {
    const rows = this.#rows;
    if (rows === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const last = rows.length - 1;
    const at = this.#at ?? 0;
    const jump = Math.max(1, Math.round(rows.length / 10));
    const steps: Record<string, number> = {
      ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, PageUp: at + jump, PageDown: at - jump, Home: 0, End: last,
    };
    const to = steps[event.key];
    if (event.key === "Escape") this.#show(undefined);
    if (to === undefined) return;
    event.preventDefault();
    this.#show(Math.max(0, Math.min(last, to)));
  }
}

/** The page's colours, which follow the light or dark scheme. */
function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return { ink: colour("ink"), soft: colour("soft"), rule: colour("rule"), line: colour("accent"), band: colour("band"), paper: colour("card") };
}
