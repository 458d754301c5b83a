/**
 * How Node is started for Weir.
 *
 * Flows live in typed arrays, outside of the JavaScript heap, which stays small (10 to 50 MB). Each buffer that comes from a
 * socket counts as memory outside, too, and every few dozen MB of them V8 begins to mark the heap by and by: with two nodes at full speed, six
 * times a second, for a tenth of the CPU. Marked at once, when the heap itself asks for it, it takes some milliseconds now and then.
 */
export const nodeFlags = ['--no-incremental-marking'];
