import {
  type DimensionName,
  dimensionNames,
  dimensions,
  type MeasureName,
  measureNames,
  measures,
} from '../../../flow/index.ts';
import { changeAddress } from '../address/index.ts';
import { type ExploreView, exploreParameters, MOST_DIMENSIONS, topChoices } from './explore-view.ts';
import { pictureKinds, pictureNames } from './picture-kinds.ts';

const changeView = (changes: Partial<ExploreView>): void => changeAddress(exploreParameters(changes));

/** Which picture, of what, by what. Each change stands in the address at once. */
export function ExploreControls({ view }: { view: ExploreView }) {
  return (
    <div class="explore-controls">
      <span class="presets">
        {pictureNames.map((name) => (
          <button
            type="button"
            key={name}
            class="button"
            aria-pressed={view.picture === name}
            disabled={view.by.length < pictureKinds[name].leastDimensions}
            title={`${pictureKinds[name].title} ( ${pictureKinds[name].key} )`}
            onClick={() => changeView({ picture: name })}
          >
            {pictureKinds[name].title}
          </button>
        ))}
      </span>
      <label class="labelled">
        count{' '}
        <select
          class="field"
          value={view.measure}
          onChange={(event) => changeView({ measure: event.currentTarget.value as MeasureName })}
        >
          {measureNames.map((name) => (
            <option key={name} value={name} title={measures[name].description}>
              {measures[name].title}
            </option>
          ))}
        </select>
      </label>
      <DimensionList view={view} />
      <label class="labelled">
        top{' '}
        <select
          class="field"
          value={String(view.top)}
          onChange={(event) => changeView({ top: Number(event.currentTarget.value) })}
        >
          {[...new Set([...topChoices, view.top])]
            .sort((a, b) => a - b)
            .map((top) => (
              <option key={top} value={String(top)}>
                {top}
              </option>
            ))}
        </select>
      </label>
      <label class="labelled">
        <span class="unseen">compare</span>
        <select
          class="field"
          value={view.compare ?? ''}
          onChange={(event) => changeView({ compare: event.currentTarget.value || undefined })}
        >
          {[
            ...new Set([
              '',
              'previous',
              '1h',
              '1d',
              '7d',
              ...(view.compare === undefined ? [] : [view.compare]),
            ]),
          ].map((compare) => (
            <option key={compare} value={compare}>
              {compareText(compare)}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

/** The dimensions in their order, each of which may be another or go. */
function DimensionList({ view }: { view: ExploreView }) {
  const { by } = view;
  const replaceAt = (place: number, name: string) =>
    changeView({
      by: by.flatMap((one, at) => (at === place ? (name === '' ? [] : [name as DimensionName]) : [one])),
    });
  return (
    <fieldset class="dimensions labelled">
      <legend class="unseen">by</legend>
      <span aria-hidden="true">by</span>
      {by.map((name, place) => (
        <span key={name} class="dimension">
          <DimensionSelect
            label={`dimension ${place + 1}`}
            value={name}
            taken={by}
            none="remove"
            onChange={(chosen) => replaceAt(place, chosen)}
          />
          {place < by.length - 1 && (
            <button
              type="button"
              class="small-button"
              aria-label={`swap ${dimensions[name].title} and ${dimensions[by[place + 1]!].title}`}
              title="swap"
              onClick={() => changeView({ by: by.with(place, by[place + 1]!).with(place + 1, name) })}
            >
              ⇄
            </button>
          )}
        </span>
      ))}
      {by.length < MOST_DIMENSIONS && (
        <DimensionSelect
          key={by.join()}
          label="add a dimension"
          value=""
          taken={by}
          none="+ add"
          onChange={(chosen) => chosen !== '' && changeView({ by: [...by, chosen as DimensionName] })}
        />
      )}
    </fieldset>
  );
}

interface DimensionSelectParts {
  readonly label: string;
  readonly value: DimensionName | '';
  readonly taken: readonly DimensionName[];
  /** What the empty choice is called. */
  readonly none: string;
  readonly onChange: (chosen: string) => void;
}

function DimensionSelect({ label, value, taken, none, onChange }: DimensionSelectParts) {
  const ends = ['source', 'destination', undefined] as const;
  return (
    <select
      class={value === '' ? 'field add-dimension' : 'field'}
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      <option value="">{none}</option>
      {ends.map((end) => (
        <optgroup key={end ?? ''} label={end ?? 'of the flow'}>
          {dimensionNames
            .filter((name) => dimensions[name].end === end && (name === value || !taken.includes(name)))
            .map((name) => (
              <option key={name} value={name} title={dimensions[name].description}>
                {dimensions[name].title}
              </option>
            ))}
        </optgroup>
      ))}
    </select>
  );
}

const compareText = (compare: string): string =>
  compare === '' ? 'no comparison' : compare === 'previous' ? 'with the time before' : `with ${compare} ago`;
