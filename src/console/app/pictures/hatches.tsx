/** Patterns beside colours: for denied flows, and for times of which nothing is known. */
export function Hatches() {
  return (
    <defs>
      <pattern
        id="hatch-denied"
        width="7"
        height="7"
        patternUnits="userSpaceOnUse"
        patternTransform="rotate(45)"
      >
        <rect class="hatch-denied" width="3" height="7" />
      </pattern>
      <pattern
        id="hatch-unknown"
        width="6"
        height="6"
        patternUnits="userSpaceOnUse"
        patternTransform="rotate(-45)"
      >
        <rect class="hatch-unknown" width="1.5" height="6" />
      </pattern>
    </defs>
  );
}
