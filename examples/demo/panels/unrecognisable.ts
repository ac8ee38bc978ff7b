import type { Ascent } from "../exchange.ts";
import { addDigits, button, element, select } from "../page/elements.ts";
import { aDigit, inDecimals, inPercent } from "../page/words.ts";
import { contest } from "./contest.ts";

/** Climbs from noise until each model is sure to see a digit. */
export function startUnrecognisable(): void {
  addDigits(select("ascend-target"), 5);
  let seed = 0;
  const buttons = { start: button("ascend-start"), stop: button("ascend-stop") };
  // The same noise for all three, another one each time.
  buttons.start.addEventListener("click", () => ++seed);
  contest(
    { list: element("ascended", HTMLElement), ...buttons },
    "What comes of noise for",
    async (name, contender) => {
      const target = Number(select("ascend-target").value);
      contender.say("climbing…");
      const end = await contender.bench.ask(
        "ascend",
        { model: name, target, seed },
        {
          onProgress: (climb) => contender.show(climb.image, wordsOf(climb)),
        },
      );
      contender.show(end.image, wordsOf(end));
      contender.say(end.success ? `Sure that this is ${aDigit(target)}` : `Never sure of ${aDigit(target)}`);
    },
  );
}

function wordsOf({ probability, distance, asked }: Ascent): string {
  return `${inPercent(probability)} sure · ${inDecimals(distance, 2)} from the noise · ${asked} questions`;
}
