import { useMemo, useRef } from 'preact/hooks';
import { formatCount } from '../../../flow/index.ts';
import { address, changeAddress, linkTo } from '../address/index.ts';
import { exactOf, shareText } from '../counts/index.ts';
import { shownName } from '../names/index.ts';
import type { Page } from '../page.ts';
import type { LayerMemory } from './box-layers.ts';
import { EdgeTable } from './edge-table.tsx';
import { chosenEdges, type MapBox } from './map-graph.ts';
import {
  destinationDimension,
  type MapLevelName,
  mapLevelNames,
  mapLevels,
  sourceDimension,
} from './map-level.ts';
import { MapPicture } from './map-picture.tsx';
import { busiestChoices, type MapView, printValue, readMapView } from './map-view.ts';
import { type AnsweredMap, useMap } from './use-map.ts';

/** More boxes than these are easier to read as a matrix. */
const MOST_LEGIBLE = 60;

function MapPageView() {
  const view = readMapView(address.value);
  const feed = useMap(view);
  return (
    <>
      <h1 class="unseen">Map</h1>
      <MapControls view={view} shown={feed.answer?.level} />
      {feed.fault !== undefined && (
        <p class="fault" role="alert">
          {feed.fault}
        </p>
      )}
      {feed.answer === undefined && feed.fault === undefined && <p class="soft">Asking …</p>}
      {feed.answer !== undefined && (
        <div class={feed.isAsking ? 'answered asking' : 'answered'} aria-busy={feed.isAsking}>
          <AnsweredView map={feed.answer} busiest={view.busiest} />
        </div>
      )}
    </>
  );
}

function MapControls({ view, shown }: { view: MapView; shown: MapLevelName | undefined }) {
  return (
    <div class="explore-controls">
      <label class="labelled">
        boxes are
        <select
          class="field"
          value={view.level ?? shown ?? 'namespaces'}
          onChange={(event) =>
            changeAddress({ of: event.currentTarget.value, open: undefined, around: undefined })
          }
        >
          {mapLevelNames.map((name) => (
            <option key={name} value={name}>
              {mapLevels[name].title}
            </option>
          ))}
        </select>
      </label>
      <label class="labelled">
        busiest edges
        <select
          class="field"
          value={view.busiest}
          onChange={(event) => changeAddress({ edges: event.currentTarget.value })}
        >
          {busiestChoices.map((count) => (
            <option key={count} value={count}>
              {count}
            </option>
          ))}
        </select>
      </label>
      {(view.open !== undefined || view.around !== undefined) && (
        <button
          type="button"
          class="button"
          onClick={() => changeAddress({ open: undefined, around: undefined })}
        >
          Back to the whole map
        </button>
      )}
    </div>
  );
}

function AnsweredView({ map, busiest }: { map: AnsweredMap; busiest: number }) {
  const { level: name, graph, answer, unnamed, open, around, where } = map;
  const level = mapLevels[name];
  const chosen = useMemo(() => chosenEdges(graph.edges, busiest), [graph, busiest]);
  // Boxes stay where they are while the map is one of the same things.
  const memories = useRef(new Map<string, LayerMemory>());
  const key = JSON.stringify([name, around]);
  const memory = memories.current.get(key) ?? new Map();
  memories.current.set(key, memory);
  const chooseBox = (box: MapBox) => {
    if (box.canOpen) changeAddress({ of: name, open: printValue(box.group) });
    else if (box.isRest) return;
    else if (box.inner === undefined) changeAddress({ of: name, around: printValue(box.group) });
    else if ('inner' in level) {
      const inner = mapLevelNames.find((one) => mapLevels[one].group === level.inner);
      if (inner !== undefined) changeAddress({ of: inner, open: undefined, around: printValue(box.inner) });
    }
  };
  const total = exactOf(answer.totals[0]);
  const all = graph.edges.length + unnamed;
  if (graph.boxes.length === 0) return <p class="card">No flow of this time passes the filter.</p>;
  return (
    <>
      <section class="card picture-card" aria-label="picture">
        <p class="map-line" role="status">
          {formatCount(chosen.edges.length)} of {formatCount(all)} edges shown (
          {shareText(chosen.octets, total)} of octets) between {formatCount(graph.boxes.length)} boxes.
          {around !== undefined && ` Only edges of ${shownName(around.value ?? level.none)}.`}{' '}
          {graph.boxes.length > MOST_LEGIBLE && (
            <a href={matrixLink(name)}>A matrix shows as many more clearly.</a>
          )}
        </p>
        <MapPicture
          graph={graph}
          edges={chosen.edges}
          level={level}
          memory={memory}
          openTitle={open === undefined ? undefined : (open.group ?? level.none)}
          where={where}
          onChooseBox={chooseBox}
          onClose={() => changeAddress({ open: undefined })}
        />
      </section>
      <EdgeTable graph={graph} edges={chosen.edges} where={where} total={total} />
    </>
  );
}

function matrixLink(name: MapLevelName): string {
  const { group } = mapLevels[name];
  return linkTo({
    page: 'explore',
    picture: 'matrix',
    by: `${sourceDimension(group)},${destinationDimension(group)}`,
    top: '200',
    of: undefined,
    open: undefined,
    around: undefined,
    edges: undefined,
  });
}

export const mapPage: Page = {
  name: 'map',
  title: 'Map',
  hasTime: true,
  hasFilter: true,
  View: MapPageView,
};
