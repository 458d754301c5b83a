import { strengthFloors } from './heat-cells.ts';

/** The scale of cells: from which count on each colour begins. */
export function StrengthScale({ largest, textOf }: { largest: bigint; textOf: (count: bigint) => string }) {
  return (
    <p class="scale">
      <span class="scale-cell" /> nothing
      {strengthFloors(largest).map((floor, level) => (
        <span key={floor} class="scale-step">
          <span class={`scale-cell strength-${level + 1}`} /> from {textOf(BigInt(Math.round(floor)))}
        </span>
      ))}
      <span class="scale-step">
        <span class="scale-cell scale-unknown" /> unknown
      </span>
    </p>
  );
}
