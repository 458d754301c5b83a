/** Names from the network, shown so that they can neither act nor deceive. */
export { fittedText, textWidth } from './fitted-text.ts';
export { Name } from './name.tsx';
export { cutMiddle, EMPTY_VALUE, isolatedText, NO_VALUE, shownName, valueText } from './shown-name.ts';
