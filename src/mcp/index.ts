/** Questions about flows for an assistant: tools of the Model Context Protocol that only read. */
export type { AnswerSource, EventsAsked, FoundRecords, RecordsAsked } from './answer-source.ts';
export { type AssistantParts, serveAssistant } from './assistant-server.ts';
