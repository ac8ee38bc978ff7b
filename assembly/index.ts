// The ABI: what a host calls. src/engine.ts is its only caller on JavaScript hosts, assembly/wasi/command.ts under WASI.
//
// Addresses are byte offsets into the memory and stay as they are from one `load` to the next; a loss is per pixel; counts of
// evaluations are those of decoders.
//
// Calls may come in any order. What they need they find out for themselves: a search that has no starts or tables, and
// probabilities for an image that was not searched, return −1 (`REFUSED`) and leave everything as it was; before `load`, calls
// that need a model do nothing and addresses are 0. No call changes what a later search of another image finds.

export {
  gradientAddress,
  imageAddress,
  latentsAddress,
  lossesAddress,
  nextImageAddress,
  presentImage,
  presentImagePair,
  probabilitiesAddress,
  reconstructionAddress,
  thresholdImage,
} from "./abi/image";
export {
  classScalesAddress,
  dropStarts,
  expandPrototypes,
  fillPrototypes,
  fillSamples,
  frozenBundle,
  frozenBundleLength,
  load,
  raceRulesAddress,
  releaseScratch,
  reserveBundle,
  reserveCalibration,
  reservePrototypes,
  reserveSamples,
  reserveScratch,
  scratchMark,
} from "./abi/model";
export {
  addNoise,
  calibratedProbabilities,
  castVotes,
  drawNormal,
  evaluateWithGradient,
  featuresAddress,
  fitAddress,
  gateLogit,
  paperProbabilities,
  presentNext,
  raceLabel,
  reconstruct,
  redraw,
  searchPaper,
  searchPrototypes,
  searchRace,
  seedNoise,
  settleRace,
  trailAddress,
  trailLength,
  view,
  viewSourcesAddress,
  votesAddress,
} from "./abi/search";
