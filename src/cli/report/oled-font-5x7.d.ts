declare module "oled-font-5x7" {
  /** Letters of dots. */
  const font: {
    readonly width: number;
    readonly height: number;
    /** Per letter of `lookup` as many bytes as it is wide: a column each, its lowest bit on top. */
    readonly fontData: readonly number[];
    readonly lookup: readonly string[];
  };
  export default font;
}
