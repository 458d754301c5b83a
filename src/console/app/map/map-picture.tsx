import { useMemo } from 'preact/hooks';
import { changeAddress, readSearch } from '../address/index.ts';
import { measureText } from '../counts/index.ts';
import type { Mark } from '../groups/index.ts';
import { isolatedText } from '../names/index.ts';
import { Hatches, markAttributes, PictureFrame } from '../pictures/index.ts';
import type { LayerMemory } from './box-layers.ts';
import { edgeLink } from './edge-link.ts';
import {
  boxMark,
  busiestTenth,
  edgeMark,
  isDenied,
  isLossy,
  type MapBox,
  type MapEdge,
  type MapGraph,
} from './map-graph.ts';
import { layOutMap, type PlacedBox, type PlacedEdge } from './map-layout.ts';
import type { MapLevel } from './map-level.ts';

interface MapPictureParts {
  readonly graph: MapGraph;
  readonly edges: readonly MapEdge[];
  readonly level: MapLevel;
  readonly memory: LayerMemory;
  readonly openTitle: string | undefined;
  readonly where: string;
  readonly onChooseBox: (box: MapBox) => void;
  readonly onClose: () => void;
}

/** Boxes and edges. A box opens, an edge leads to its flows. */
export function MapPicture(parts: MapPictureParts) {
  const { graph, edges, level, memory, openTitle, where, onChooseBox, onClose } = parts;
  const layout = useMemo(
    () => layOutMap(graph, edges, { memory, openTitle }),
    [graph, edges, memory, openTitle],
  );
  const marks = useMemo(() => {
    const titles = new Map(graph.boxes.map(({ id, title }) => [id, title]));
    return [
      ...layout.boxes.map(({ box }) => boxMark(box, level, edges)),
      ...edges.map((edge, number) => edgeMark(edge, number, titles)),
    ];
  }, [graph, edges, level, layout]);
  const hot = busiestTenth(edges);
  const chooseMark = (mark: Mark) => {
    const place = marks.indexOf(mark);
    const placed = layout.boxes[place];
    if (placed !== undefined) onChooseBox(placed.box);
    else openLink(edgeLink(edges[place - layout.boxes.length]!, where, 'explore'));
  };
  return (
    <>
      <PictureFrame marks={marks} measure="octets" label="Map of who talks with whom" onChoose={chooseMark}>
        {() => (
          <svg class="map" width={layout.width} height={layout.height}>
            <title>Who talks with whom</title>
            <Hatches />
            {layout.frame !== undefined && (
              <g>
                <rect class="map-frame" {...frameAttributes(layout.frame)} rx={8} />
                <text class="map-frame-label" x={layout.frame.x + 10} y={layout.frame.y + 13}>
                  {isolatedText(layout.frame.label)}
                </text>
              </g>
            )}
            {layout.edges.map((placed, number) => (
              <EdgeMark
                key={placed.edge.from + placed.edge.to}
                placed={placed}
                isHot={placed.edge.octets >= hot}
                attributes={markAttributes(
                  marks[layout.boxes.length + number]!,
                  layout.boxes.length + number,
                  'octets',
                )}
              />
            ))}
            {layout.boxes.map((placed, number) => (
              <BoxMark
                key={placed.box.id}
                placed={placed}
                attributes={markAttributes(marks[number]!, number, 'octets')}
              />
            ))}
          </svg>
        )}
      </PictureFrame>
      {layout.frame !== undefined && (
        <button type="button" class="button" onClick={onClose}>
          Close {isolatedText(layout.frame.label)}
        </button>
      )}
      <p class="map-legend">
        <span class="map-key map-key-hot">busiest tenth</span>
        <span class="map-key map-key-denied">some flows denied</span>
        <span class="map-key map-key-lossy">a tenth of flows or more unanswered</span>
        <span>Width is by the logarithm of octets.</span>
      </p>
    </>
  );
}

const frameAttributes = ({ x, y, width, height }: PlacedRectangle) => ({ x, y, width, height });
interface PlacedRectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

type MarkAttributes = ReturnType<typeof markAttributes>;

function EdgeMark({
  placed,
  isHot,
  attributes,
}: {
  placed: PlacedEdge;
  isHot: boolean;
  attributes: MarkAttributes;
}) {
  const { edge, path, width, arrow } = placed;
  const kinds = ['map-edge', isHot && 'hot', isDenied(edge) && 'denied-edge', isLossy(edge) && 'lossy-edge'];
  return (
    <g class={kinds.filter(Boolean).join(' ')} {...attributes}>
      <path class="map-line-place" d={path} stroke-width={Math.max(10, width)} />
      <path class="map-stroke" d={path} stroke-width={width} />
      <path class="map-arrow" d={arrow} />
    </g>
  );
}

function BoxMark({ placed, attributes }: { placed: PlacedBox; attributes: MarkAttributes }) {
  const { box, label, x, y, width, height } = placed;
  return (
    <g class={box.canOpen ? 'map-box map-box-group' : 'map-box'} {...attributes}>
      <rect x={x} y={y} width={width} height={height} rx={6} />
      <text class="map-label" x={x + 10} y={y + 13}>
        {isolatedText(label)}
      </text>
      <text class="map-count" x={x + 10} y={y + 29}>
        {measureText('octets', box.octets)}
      </text>
      {box.canOpen && (
        <text class="map-count" x={x + width - 10} y={y + 29} text-anchor="end">
          open
        </text>
      )}
    </g>
  );
}

/** Follows a link within the console. */
function openLink(link: string): void {
  const wanted = readSearch(link);
  const names = new Set([...readSearch(location.search).keys(), ...wanted.keys()]);
  changeAddress(Object.fromEntries([...names].map((name) => [name, wanted.get(name)])));
}
