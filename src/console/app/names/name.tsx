import { shownName, valueText } from './shown-name.ts';

/** A value from the network: isolated in its direction, cut by its column, and whole when pointed at. */
export function Name({ value }: { value: string | null }) {
  const text = valueText(value);
  return (
    <bdi
      class={value === null || value === '' ? 'name no-name' : 'name'}
      title={value ? shownName(value) : text}
    >
      {text}
    </bdi>
  );
}
