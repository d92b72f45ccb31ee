const known = new Map<string, number>();
let pen: CanvasRenderingContext2D | null | undefined;

/** The width in pixels of a text of a chip: a key, or a value, which is bold. */
export function textWidth(text: string, isBold: boolean): number {
  const name = `${isBold ? "b" : "k"}${text}`;
  let width = known.get(name);
  if (width === undefined) {
    pen ??= document.createElement("canvas").getContext("2d");
    if (!pen) return text.length * 7;
    pen.font = `${isBold ? "600" : "400"} 11.5px ${getComputedStyle(document.body).fontFamily}`;
    width = pen.measureText(text).width;
    known.set(name, width);
  }
  return width;
}
