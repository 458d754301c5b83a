import { useRef } from 'preact/hooks';
import { defaultColumns, flowColumns } from './flow-columns.ts';

interface ColumnPickerParts {
  readonly shown: readonly string[];
  readonly onShow: (columns: readonly string[]) => void;
}

/** Which columns the table has. They stand in the order in which they were chosen. */
export function ColumnPicker({ shown, onShow }: ColumnPickerParts) {
  const dialog = useRef<HTMLDialogElement>(null);
  const toggleColumn = (name: string) => {
    const next = shown.includes(name) ? shown.filter((one) => one !== name) : [...shown, name];
    if (next.length > 0) onShow(next);
  };
  return (
    <>
      <button type="button" class="button" onClick={() => dialog.current?.showModal()}>
        Columns
      </button>
      <dialog ref={dialog} class="columns" aria-labelledby="columns-title">
        <h2 id="columns-title">Columns</h2>
        <div class="column-choices">
          {flowColumns.map(({ name, title, description }) => (
            <label key={name} title={description}>
              <input type="checkbox" checked={shown.includes(name)} onChange={() => toggleColumn(name)} />
              {title}
            </label>
          ))}
        </div>
        <form method="dialog" class="bar">
          <button type="submit" class="button main-button">
            Close
          </button>
          <button type="button" class="button" onClick={() => onShow(defaultColumns)}>
            As at first
          </button>
        </form>
      </dialog>
    </>
  );
}
