import { CLASSES, MODEL_NAMES, MODELS, type ModelName, PIXELS, SIDE, type Votes } from "../exchange.ts";
import { Bench, Cancelled } from "../page/bench.ts";
import type { CurrentImage } from "../page/current-image.ts";
import { button, canvas, element, make, select, setText } from "../page/elements.ts";
import { failureOf, inDecimals, inPercent } from "../page/words.ts";

const COLUMNS = 10;

/** Noisy copies that are voted on. */
export function startCertify(current: CurrentImage): void {
  for (const name of MODEL_NAMES) select("certify-model").add(new Option(MODELS[name], name));
  const bars = Array.from({ length: CLASSES }, (_, label) => {
    const fill = make("span", "fill");
    const bar = make("span", "bar", fill);
    bar.setAttribute("aria-hidden", "true");
    const count = make("span", "count", "0");
    const item = make("li", "", make("strong", "", String(label)), bar, count);
    element("tally", HTMLElement).append(item);
    return { item, fill, count };
  });
  const [start, stop] = [button("certify-start"), button("certify-stop")];
  const result = element("certify-result", HTMLElement);
  const bench = new Bench();
  stop.addEventListener("click", () => bench.stop());
  const show = ({ copies, labels, tally }: Votes): void => {
    const most = tally.indexOf(Math.max(...tally));
    const all = tally.reduce((sum, votes) => sum + votes, 0);
    bars.forEach(({ item, fill, count }, label) => {
      const votes = tally[label] as number;
      item.classList.toggle("winner", label === most && votes > 0);
      fill.style.setProperty("--share", String(all === 0 ? 0 : votes / all));
      count.textContent = String(votes);
    });
    showCopies(copies, labels, most);
  };
  let isRunning = false;
  let wasOvertaken = false;
  // What was found, or is being found, is about something else.
  const outdate = (what: string): void => {
    bench.stop();
    if (isRunning) {
      wasOvertaken = true;
      setText(result, `Stopped: ${what} changed.`);
    } else if (!wasOvertaken) setText(result, "");
    canvas("copies").getContext("2d")?.clearRect(0, 0, 290, 145);
    for (const { item, fill, count } of bars) {
      item.classList.remove("winner");
      fill.style.setProperty("--share", "0");
      count.textContent = "0";
    }
  };
  current.onChange(() => outdate("the image"));
  for (const id of ["certify-model", "certify-sigma", "certify-samples"]) {
    select(id).addEventListener("change", () => outdate("what is asked"));
  }
  start.addEventListener("click", async () => {
    const { image } = current;
    if (image === undefined) return setText(result, "Draw something first.");
    isRunning = true;
    wasOvertaken = false;
    start.disabled = true;
    stop.disabled = false;
    stop.focus();
    setText(result, "They vote…");
    try {
      const model = select("certify-model").value as ModelName;
      const sigma = Number(select("certify-sigma").value);
      const samples = Number(select("certify-samples").value);
      const { label, abstained, radius, votes, lowerBound } = await bench.ask(
        "vote",
        { model, image, sigma, samples },
        { onProgress: show },
      );
      setText(
        result,
        abstained
          ? "Too few agree: nothing is certain."
          : `${votes} of ${samples} say ${label}, so at least ${inPercent(lowerBound)} of all copies do. Nothing nearer than ${inDecimals(radius, 2)} in L2 turns that.`,
      );
    } catch (error) {
      if (!(error instanceof Cancelled)) setText(result, failureOf(error));
      else if (!wasOvertaken) setText(result, "Stopped.");
    } finally {
      isRunning = false;
      bench.stop();
      start.disabled = false;
      if (document.activeElement === stop) start.focus();
      stop.disabled = true;
    }
  });
}

/** Draws the last copies side by side, with a frame around those that are labelled otherwise. */
function showCopies(copies: Uint8Array, labels: readonly number[], most: number): void {
  const target = canvas("copies");
  const context = target.getContext("2d") as CanvasRenderingContext2D;
  context.clearRect(0, 0, target.width, target.height);
  const dissent = getComputedStyle(target).getPropertyValue("--against");
  labels.forEach((label, index) => {
    const [left, top] = [(index % COLUMNS) * (SIDE + 1), Math.floor(index / COLUMNS) * (SIDE + 1)];
    const picture = new ImageData(SIDE, SIDE);
    for (let pixel = 0; pixel < PIXELS; ++pixel) {
      picture.data.fill(copies[index * PIXELS + pixel] as number, 4 * pixel, 4 * pixel + 3);
      picture.data[4 * pixel + 3] = 255;
    }
    context.putImageData(picture, left, top);
    if (label === most) return;
    context.strokeStyle = dissent;
    context.lineWidth = 2;
    context.strokeRect(left + 1, top + 1, SIDE - 2, SIDE - 2);
    context.fillStyle = dissent;
    context.font = "700 11px system-ui, sans-serif";
    context.fillText(String(label), left + 4, top + 12);
  });
}
