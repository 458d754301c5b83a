/** Keys and what they do. */
export { KeysDialog } from './keys-dialog.tsx';
export { type Move, moves, runMove, useMoves } from './moves.ts';
