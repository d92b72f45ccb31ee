/** How many of some things, `gap` apart, stand in `room` beside a sign for the rest, which needs `sign`; all in pixels. */
export function howManyFit(
  widths: readonly number[],
  others: number,
  room: number,
  sign: number,
  gap: number,
): number {
  let taken = 0;
  let fit = 0;
  for (const [index, width] of widths.entries()) {
    const next = taken + width + (index > 0 ? gap : 0);
    const isLast = index === widths.length - 1 && others === 0;
    if (next + (isLast ? 0 : gap + sign) > room) break;
    taken = next;
    fit = index + 1;
  }
  return fit;
}
