// A curve that every pixel passes before the model sees it, as a list of what it can become and at what price.

/** Steps in which a curve is looked at. Where it is steep, what lies between two of them is left out: a dearer move. */
const STEPS = 64;
/** Halvings between two steps: past these, neighbouring 32-bit values. */
const HALVINGS = 30;

/** What values of a pixel give the same response, and the cheapest way there. */
export interface ResponseLevels {
  /** The responses, ascending. */
  readonly responses: Float64Array;
  /** The least value of a pixel whose response is at least that of each level. */
  readonly lowest: Float32Array;
  /** The largest value of a pixel whose response is at most that of each level. */
  readonly highest: Float32Array;
  /** The value nearest to `from` whose response is as near to `wanted` as the levels allow. */
  nearest(from: number, wanted: number): number;
}

const known = new WeakMap<(value: number) => number, ResponseLevels>();

/** @param response never falling, from [0, 1] to [0, 1] */
export function responseLevels(response: (value: number) => number): ResponseLevels {
  const found = known.get(response) ?? measure(response);
  known.set(response, found);
  return found;
}

function measure(response: (value: number) => number): ResponseLevels {
  const values = Array.from({ length: STEPS + 1 }, (_, step) => response(step / STEPS));
  const responses = Float64Array.from(new Set(values)).sort();
  // Found by halving between an image value whose response falls short and one whose does not.
  const lowest = Float32Array.from(responses, (level) => edge((value) => response(value) >= level, 1, 0));
  const highest = Float32Array.from(responses, (level) => edge((value) => response(value) <= level, 0, 1));
  return {
    responses,
    lowest,
    highest,
    nearest(from, wanted) {
      const seen = response(from);
      let best = 0;
      for (let level = 1; level < responses.length; ++level) {
        if (Math.abs((responses[level] as number) - wanted) < Math.abs((responses[best] as number) - wanted))
          best = level;
      }
      const goal = responses[best] as number;
      if (Math.abs(goal - wanted) >= Math.abs(seen - wanted)) return from;
      return goal > seen ? (lowest[best] as number) : (highest[best] as number);
    },
  };
}

/** The value furthest towards `to` at which `holds` is true, in 32 bits; it is true at `from`. */
function edge(holds: (value: number) => boolean, from: number, to: number): number {
  if (holds(to)) return to;
  let [inside, outside] = [from, to];
  for (let halving = 0; halving < HALVINGS; ++halving) {
    const middle = Math.fround((inside + outside) / 2);
    if (middle === inside || middle === outside) break;
    if (holds(middle)) inside = middle;
    else outside = middle;
  }
  return inside;
}
