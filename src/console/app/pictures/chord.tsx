import { useMemo } from 'preact/hooks';
import { measureText } from '../counts/index.ts';
import { ValueColours } from '../groups/index.ts';
import { fittedText, isolatedText, textWidth } from '../names/index.ts';
import { type ChordArc, layOutChord } from './chord-layout.ts';
import { Hatches } from './hatches.tsx';
import { COUNTED_ROOM, Label } from './label.tsx';
import { markAttributes, PictureFrame, type PictureParts } from './picture-frame.tsx';

/** Pixels beside the circle for labels, and of a narrow picture. */
const LABEL_ROOM = 170;
const LABEL_SHARE = 0.27;
const LARGEST_RADIUS = 205;
const LEAST_WIDTH = 320;

/** Values around a circle, and what flows between them. */
export function Chord({ groups, by, measure, onChoose }: PictureParts) {
  const colours = useMemo(() => ValueColours.ofValues(groups, by), [groups, by]);
  const whole = useMemo(() => layOutChord(groups, by, LARGEST_RADIUS), [groups, by]);
  const marks = useMemo(() => [...whole.ribbons, ...whole.arcs], [whole]);
  const colourOf = ({ dimension, value, isRest }: ChordArc) =>
    isRest ? 'rest' : colours.ofValue(dimension, value);
  return (
    <PictureFrame marks={marks} measure={measure} onChoose={onChoose} label={`Chord diagram of ${measure}`}>
      {(available) => {
        const width = Math.max(LEAST_WIDTH, available);
        const radius = Math.min(LARGEST_RADIUS, width / 2 - Math.min(LABEL_ROOM, width * LABEL_SHARE));
        const layout = radius === LARGEST_RADIUS ? whole : layOutChord(groups, by, radius);
        const places = labelPlaces(layout.arcs, radius);
        const isCounted = width / 2 - radius >= COUNTED_ROOM;
        const height = 2 * Math.max(radius + 20, ...places.map(({ y }) => Math.abs(y) + 10));
        return (
          <svg
            width={width}
            height={height}
            class="chord"
            viewBox={`${-width / 2} ${-height / 2} ${width} ${height}`}
          >
            <title>Chord diagram</title>
            <Hatches />
            {layout.ribbons.map((ribbon, number) => [
              <path
                key={ribbon.path}
                d={ribbon.path}
                class={`ribbon ${colourOf(layout.arcs[ribbon.source]!)} ${ribbon.denial}-denied`}
                {...markAttributes(ribbon, number, measure)}
              />,
              ribbon.denial === 'all' && <path key="hatch" d={ribbon.path} class="area-hatch" />,
            ])}
            {layout.arcs.map((arc, number) => {
              const { x, y, isLeft } = places[number]!;
              const room = width / 2 - Math.abs(x) - 4;
              const count = isCounted ? ` ${measureText(measure, arc.count)}` : '';
              return (
                <g key={`${arc.title} ${arc.isRest}`} class={colourOf(arc)}>
                  <path
                    d={arc.path}
                    class="arc"
                    {...markAttributes(arc, layout.ribbons.length + number, measure)}
                  />
                  {Math.abs(y + Math.cos(arc.angle) * (radius + LABEL_DISTANCE)) > LINE && (
                    <polyline
                      class="leader"
                      points={`${x} ${y} ${Math.sin(arc.angle) * (radius + 2)} ${-Math.cos(arc.angle) * (radius + 2)}`}
                    />
                  )}
                  {arc.ticks.map((angle) => (
                    <line key={angle} class="tick" {...tickEnds(angle, radius)} />
                  ))}
                  <Label class="node-label" x={x} y={y} text-anchor={isLeft ? 'end' : 'start'}>
                    {isolatedText(fittedText(arc.title, room - textWidth(count)))}
                    <tspan class="node-count">{count}</tspan>
                  </Label>
                </g>
              );
            })}
          </svg>
        );
      }}
    </PictureFrame>
  );
}

/** Pixels from the circle to a label, and from a label to the next one. */
const [LABEL_DISTANCE, LINE] = [12, 15];

/** Beside each arc, but never upon another label of its side. */
function labelPlaces(arcs: readonly ChordArc[], radius: number): { x: number; y: number; isLeft: boolean }[] {
  const places = arcs.map(({ angle }) => ({
    x: Math.sin(angle) * (radius + LABEL_DISTANCE),
    y: -Math.cos(angle) * (radius + LABEL_DISTANCE),
    isLeft: angle > Math.PI,
  }));
  for (const isLeft of [false, true]) {
    const side = places.filter((place) => place.isLeft === isLeft).sort((a, b) => a.y - b.y);
    const below = side.filter(({ y }) => y >= 0);
    const above = side.filter(({ y }) => y < 0).reverse();
    for (const [at, place] of above.entries())
      if (at > 0) place.y = Math.min(place.y, above[at - 1]!.y - LINE);
    for (const [at, place] of below.entries())
      place.y = Math.max(place.y, (at > 0 ? below[at - 1]!.y : (above[0]?.y ?? -radius)) + LINE);
  }
  return places;
}

const tickEnds = (angle: number, radius: number) => ({
  x1: Math.sin(angle) * radius,
  y1: -Math.cos(angle) * radius,
  x2: Math.sin(angle) * (radius + 4),
  y2: -Math.cos(angle) * (radius + 4),
});
