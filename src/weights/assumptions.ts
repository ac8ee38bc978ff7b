import {
  LEAST_PHOTOMETRIC_WEIGHT,
  LEAST_SHARE,
  LEAST_TOLERANCE,
  MOST_DOUBT,
  MOST_PHOTOMETRIC_WEIGHT,
  MOST_RESPONSE,
  MOST_TOLERANCE,
} from "../../format/limits.ts";
import { shown } from "../arguments/shown.ts";
import { WeightsError } from "./errors.ts";
import { numberIn, record } from "./fields.ts";
import type { Assumptions } from "./model.ts";

const KNOWN = ["beta", "sphere_radius", "response", "photometry", "tolerance", "views"];
const VIEWS = ["centred", "levelled", "filled"] as const;

/**
 * Reads what a file's `inference` says besides β and the sphere.
 *
 * @throws {WeightsError} naming the field at fault; also for one that this release does not know, as losses would then be others
 */
export function readAssumptions(inference: Record<string, unknown>): Assumptions {
  const unknown = Object.keys(inference).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) {
    throw new WeightsError(`weights file: inference has ${shown(unknown)}, which this release does not know`);
  }
  const { response, photometry, tolerance, views } = inference;
  return {
    ...(response === undefined ? {} : { response: numberIn(response, "inference.response", 1, MOST_RESPONSE) }),
    ...(photometry === undefined ? {} : { photometry: readPhotometry(photometry) }),
    ...(tolerance === undefined
      ? {}
      : { tolerance: numberIn(tolerance, "inference.tolerance", LEAST_TOLERANCE, MOST_TOLERANCE) }),
    ...(views === undefined ? {} : { views: readViews(views) }),
  };
}

function readViews(value: unknown): NonNullable<Assumptions["views"]> {
  const values = record(value, "inference.views");
  const unknown = Object.keys(values).find((name) => !VIEWS.some((view) => view === name));
  if (unknown !== undefined) {
    throw new WeightsError(`weights file: inference.views has ${shown(unknown)}, which this release does not know`);
  }
  return Object.fromEntries(
    VIEWS.filter((name) => values[name] !== undefined).map((name) => {
      const rule = record(values[name], `inference.views.${name}`);
      return [
        name,
        {
          doubt: numberIn(rule["doubt"], `inference.views.${name}.doubt`, 0, MOST_DOUBT),
          share: numberIn(rule["share"], `inference.views.${name}.share`, LEAST_SHARE, 1),
        },
      ];
    }),
  );
}

function readPhotometry(value: unknown): { gain: number; offset: number } {
  const values = record(value, "inference.photometry");
  const weight = (name: "gain" | "offset"): number =>
    numberIn(values[name], `inference.photometry.${name}`, LEAST_PHOTOMETRIC_WEIGHT, MOST_PHOTOMETRIC_WEIGHT);
  return { gain: weight("gain"), offset: weight("offset") };
}
