// `analysis-by-synthesis/reading`: several digits in one picture. Apart from the other entries, so that programs that
// classify alone do not carry what finds and parts digits.

export type {
  ReadDigit,
  Reading,
  ReadingClassifier,
  ReadingOptions,
  ReadLine,
  ReadOther,
} from "../reading/read-digits.ts";
export { readDigits } from "../reading/read-digits.ts";
