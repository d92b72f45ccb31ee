const ASCII = /^[\x20-\x7e]*$/;

/** Whether a message is sure to stand on one line of so many characters; only the others have to be measured. */
export function fitsOneLine(message: string, characters: number): boolean {
  return message.length <= characters && ASCII.test(message);
}
