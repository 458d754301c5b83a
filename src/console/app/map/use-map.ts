import type { QueryAnswer, QueryText } from '../../../query/contract/index.ts';
import { shownFilter, shownTime } from '../address/index.ts';
import { askQuery, type Feed, useAnswer } from '../answer/index.ts';
import { changedFilter } from '../filter/index.ts';
import { edgeQueries, edgeRows } from './edge-rows.ts';
import { type MapGraph, mapGraph } from './map-graph.ts';
import {
  destinationDimension,
  dimensionsOfLevel,
  type MapLevelName,
  mapLevels,
  sourceDimension,
} from './map-level.ts';
import type { MapView } from './map-view.ts';

/** A map as it was asked, and how much of the traffic it has. */
export interface AnsweredMap {
  readonly level: MapLevelName;
  readonly open: MapView['open'];
  readonly around: MapView['around'];
  readonly where: string;
  readonly graph: MapGraph;
  readonly answer: QueryAnswer;
  /** Groups that no answer names. */
  readonly unnamed: number;
}

export function useMap(view: MapView): Feed<AnsweredMap> {
  const where = shownFilter.value;
  const { from, to } = shownTime.value;
  const question = JSON.stringify([from, to, where, view.level, view.open, view.around]);
  return useAnswer(question, (signal) => askMap({ ...view, from, to, where }, signal));
}

interface MapQuestion extends MapView {
  readonly from: string;
  readonly to: string;
  readonly where: string;
}

async function askMap(question: MapQuestion, signal: AbortSignal): Promise<AnsweredMap> {
  const { level: name = 'namespaces' } = question;
  const map = await askLevel(question, name, signal);
  const isPlain = question.level === undefined && map.graph.boxes.every(({ group }) => group === null);
  // Where there is no Kubernetes, addresses are all that there is to group by.
  return isPlain && map.graph.boxes.length > 0 ? askLevel(question, 'prefixes', signal) : map;
}

async function askLevel(
  { from, to, where, open: wanted, around }: MapQuestion,
  name: MapLevelName,
  signal: AbortSignal,
): Promise<AnsweredMap> {
  const level = mapLevels[name];
  const open = 'inner' in level && around === undefined ? wanted : undefined;
  const eitherEnd = (value: string | null) => ({
    tests: [
      { dimension: sourceDimension(level.group), value },
      { dimension: destinationDimension(level.group), value },
    ],
    isEither: true,
  });
  const restricted = around === undefined ? where : changedFilter(where, eitherEnd(around.value), false);
  const askAll = async (isInside: boolean, condition: string): Promise<QueryAnswer[]> => {
    const query: Omit<QueryText, 'measures' | 'top'> = {
      from,
      to,
      by: dimensionsOfLevel(level, isInside),
      ...(condition === '' ? {} : { where: condition }),
    };
    const [busiest, ...others] = edgeQueries(query);
    const first = await askQuery(busiest!, signal);
    // If it names all edges, denied ones are among them.
    if (first.groups.every(({ isRest }) => !isRest)) return [first];
    return [first, ...(await Promise.all(others.map((one) => askQuery(one, signal))))];
  };
  const [outer, inner] = await Promise.all([
    askAll(false, restricted),
    open === undefined ? undefined : askAll(true, changedFilter(restricted, eitherEnd(open.group), false)),
  ]);
  const [outerRows, innerRows] = [edgeRows(outer), inner && edgeRows(inner)];
  return {
    level: name,
    open,
    around,
    where: restricted,
    graph: mapGraph({
      level,
      outer: outerRows,
      open: open && { group: open.group, rows: innerRows! },
    }),
    answer: outer[0]!,
    unnamed: outer[0]!.groupCount - outerRows.length + (inner ? inner[0]!.groupCount - innerRows!.length : 0),
  };
}
