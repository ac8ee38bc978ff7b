import { BUNDLE_MAGIC, BUNDLE_VERSION } from "../../format/bundle";
import { CENTRED_KIND, FILLED_KIND, LEVELLED_KIND } from "../../format/views";
import { BundleHeader } from "../bundle";
import { manyFloats } from "../bytes";
import * as plan from "../decoder/plan";
import { FROZEN_BUNDLE, FROZEN_BUNDLE_LENGTH } from "../frozen";
import * as comparison from "../inference/comparison";
import * as confidence from "../inference/confidence";
import { allocateEvidence } from "../inference/evidence";
import * as loss from "../inference/loss";
import * as looks from "../inference/race/looks";
import * as race from "../inference/race/race";
import * as raceRules from "../inference/race/rules";
import * as raceTables from "../inference/race/tables";
import * as smoothing from "../inference/smoothing";
import { allocateStarts, fillStarts, resetStarts, Starts } from "../inference/starts";
import * as trail from "../inference/trail";
import { allocate, exhausted, mark, regionStart, release } from "../layout";
import * as sizes from "../sizes";
import { forgetImage, reserveBuffers } from "./image";

// The model in place: its bundle, what searches start from, and the memory laid out for both.

/** The bundle of the model that is in place; 0: none is. */
export let loaded: usize = 0;
export let prototypes: Starts = changetype<Starts>(0);
export let samples: Starts = changetype<Starts>(0);
let modelEnd: usize = 0;

/** The frozen bundle's place in the static data. */
export function frozenBundle(): usize {
  return FROZEN_BUNDLE;
}

/** Its bytes; 0 when the module was built without weights. */
export function frozenBundleLength(): usize {
  return FROZEN_BUNDLE_LENGTH;
}

/** Empties the memory and reserves room for a custom bundle; 0 when there is not enough. Only `load` makes a model again. */
export function reserveBundle(length: usize): usize {
  unload();
  release(regionStart());
  return allocate(length);
}

function unload(): void {
  loaded = 0;
  prototypes = changetype<Starts>(0);
  samples = changetype<Starts>(0);
  resetStarts();
  confidence.resetCalibration();
  forgetImage();
}

/**
 * Lays out and packs the model in the bundle at an address: that of `frozenBundle`, or one written to where `reserveBundle`
 * said. 0: done, with class scales of 1; 1: not a bundle of this version; 2: out of memory.
 */
export function load(bundle: usize): i32 {
  const header = changetype<BundleHeader>(bundle);
  if (header.magic != BUNDLE_MAGIC || header.version != BUNDLE_VERSION) return 1;
  unload();
  release(bundle == FROZEN_BUNDLE ? regionStart() : bundle + header.length);
  if (!plan.build(bundle)) return 2;
  if (!loss.configure(header.beta, header.sphereRadius)) return 2;
  comparison.configure(header.response, header.gainWeight, header.offsetWeight, header.tolerance);
  reserveBuffers();
  trail.reserve();
  if (!raceTables.load(bundle)) return 2;
  looks.configure(CENTRED_KIND, header.centredDoubt, header.centredShare);
  looks.configure(LEVELLED_KIND, header.levelledDoubt, header.levelledShare);
  looks.configure(FILLED_KIND, header.filledDoubt, header.filledShare);
  if (raceTables.available && !(race.reserve(looks.areNamed()) && looks.reserve())) return 2;
  smoothing.reserve();
  modelEnd = mark();
  // Whoever loads a model reads its prototypes next.
  allocate(manyFloats(<u64>header.prototypes * sizes.classes * sizes.latents));
  if (exhausted) return 2;
  release(modelEnd);
  loaded = bundle;
  return 0;
}

/** Writes the loaded model's prototypes, f32 [classes][prototypes][latents], to `address`. */
export function expandPrototypes(address: usize): void {
  if (loaded != 0) plan.expandPrototypes(loaded, address);
}

/** f32 [classes]: what every search multiplies losses by; `load` makes them 1. */
export function classScalesAddress(): usize {
  return loss.classScales;
}

/**
 * Address of the race's rules, 4 bytes each as format/race-rules.ts has them; 0 when the model brings no tables. They hold from
 * one search to the next. As long as they are all 0, a race asks one decoder once.
 */
export function raceRulesAddress(): usize {
  return loaded != 0 && raceTables.available ? raceRules.address() : 0;
}

/** Reserves `count` starts per class, at least 1, and returns the address of their latents; 0 when out of memory. */
export function reservePrototypes(count: i32): usize {
  if (loaded != 0) prototypes = allocateStarts(count, false);
  return prototypes == changetype<Starts>(0) ? 0 : prototypes.latents;
}

/** Reserves `count` samples shared by all classes, at least 1, and returns the address of their latents; 0 when out of memory. */
export function reserveSamples(count: i32): usize {
  if (loaded != 0) samples = allocateStarts(count, true);
  return samples == changetype<Starts>(0) ? 0 : samples.latents;
}

/** Decodes prototypes `from` to `to` (exclusive) of one class into the table that the search scans. */
export function fillPrototypes(classIndex: i32, from: i32, to: i32): void {
  if (prototypes != changetype<Starts>(0)) fillStarts(prototypes, classIndex, from, to);
}

/** The same with samples. */
export function fillSamples(classIndex: i32, from: i32, to: i32): void {
  if (samples != changetype<Starts>(0)) fillStarts(samples, classIndex, from, to);
}

/** Forgets prototypes and samples and gives their memory back. */
export function dropStarts(): void {
  if (loaded == 0) return;
  release(modelEnd);
  resetStarts();
  prototypes = changetype<Starts>(0);
  samples = changetype<Starts>(0);
}

/**
 * Reserves the parameters of a fitted confidence, zeros for the caller to fill in, and returns their address, f64 as
 * inference/confidence.ts lays them out; 0 when out of memory, without a model, or where starts are reserved already.
 */
export function reserveCalibration(hiddenUnits: i32): usize {
  if (loaded == 0 || prototypes != changetype<Starts>(0) || samples != changetype<Starts>(0)) return 0;
  if (!allocateEvidence()) return 0;
  const address = confidence.allocateCalibration(hiddenUnits, sizes.classes);
  modelEnd = mark();
  return address;
}

/** Reserves scratch that is given back by `releaseScratch`; 0 when out of memory or without a model. */
export function reserveScratch(bytes: usize): usize {
  if (loaded == 0) return 0;
  const address = allocate(bytes);
  // What was refused has no consequences for what comes next.
  if (exhausted) release(mark());
  return address;
}

/** Gives back everything reserved since `scratchMark` returned `address`. */
export function releaseScratch(address: usize): void {
  if (loaded != 0) release(max(address, modelEnd));
}

/** The end of what is reserved. */
export function scratchMark(): usize {
  return mark();
}
