import type { Random } from "../../random.ts";
import type { Attack } from "../attack.ts";
import type { AttackedImage } from "../attacked-image.ts";
import { moved } from "../pixels.ts";
import { firstAlong } from "./along-path.ts";

/** Decisions for directions: one more path may begin while fewer were asked. */
const DECISIONS = 280;
/** At this scale noise of a variance of 1 drives most pixels to 0 or 1. */
export const LARGEST_SCALE = 8;

/** Adds noise of growing strength: many directions, each up to where the label turns. */
export function additiveNoise(name: string, source: string, draw: (random: Random) => number): Attack {
  return {
    name,
    norms: ["l2", "linf"],
    needs: [],
    source,
    search(target: AttackedImage) {
      const asked = target.queries;
      let known: number | undefined;
      while (target.queries - asked < DECISIONS) {
        const direction = target.original.map(() => draw(target.random));
        const place = firstAlong(target, (scale) => moved(target.original, direction, scale), {
          most: LARGEST_SCALE,
          known,
        });
        known = place ?? known;
      }
    },
  };
}
