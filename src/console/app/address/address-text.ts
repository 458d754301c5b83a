/** What stands in the query string of the address, by name. An empty value stands for none. */
export type AddressParameters = ReadonlyMap<string, string>;

export function readSearch(search: string): AddressParameters {
  return new Map([...new URLSearchParams(search)].filter(([, value]) => value !== ''));
}

/** A query string that people can read and edit: only what would be read as something else is encoded. */
export function printSearch(parameters: AddressParameters): string {
  const texts = [...parameters]
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${readableText(name)}=${readableText(value)}`);
  return texts.length === 0 ? '?' : `?${texts.join('&')}`;
}

export function changedParameters(
  parameters: AddressParameters,
  changes: Readonly<Record<string, string | undefined>>,
): AddressParameters {
  const changed = new Map(parameters);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') changed.delete(name);
    else changed.set(name, value);
  }
  return changed;
}

const readableText = (text: string): string =>
  encodeURIComponent(text.toWellFormed())
    .replaceAll('%20', '+')
    .replace(/%(2C|2F|3A|3D|40|5B|5D|24)/g, (code) => decodeURIComponent(code));
