/** When the oldest record of the source of an answer arrived, in RFC 3339. */
export const REACH_HEADER = 'weir-reaches-back-to';
