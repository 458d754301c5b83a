/** The query string of the address: all state that a link carries. */
export { address, changeAddress, keepLinksInside, linkTo } from './address.ts';
export { type AddressParameters, changedParameters, printSearch, readSearch } from './address-text.ts';
export { showFilter, shownFilter, shownTime, showTime } from './shown-time.ts';
