import { hasPorts } from '../enumerations.ts';
import { parseAddressRange } from '../ip-address.ts';
import type { AddressField, FieldCondition, SmallNumberField, TextField } from './field-condition.ts';

/** All zero. */
const noAddress = parseAddressRange('::')!;

/** Whether a record has a value in a field, and when it has none. */
export const lacksText = (text: TextField): FieldCondition => ({ text, is: '' });
export const lacksAddress = (address: AddressField): FieldCondition => ({ address, within: noAddress });
export const lacksNumber = (number: SmallNumberField): FieldCondition => ({ number, isOneOf: [0] });

export const hasText = (text: TextField): FieldCondition => ({ not: lacksText(text) });
export const hasAddress = (address: AddressField): FieldCondition => ({ not: lacksAddress(address) });
export const hasNumber = (number: SmallNumberField): FieldCondition => ({ not: lacksNumber(number) });

const withPorts: FieldCondition = {
  number: 'protocolIdentifier',
  isOneOf: [...hasPorts.keys()].filter((protocol) => hasPorts[protocol] === 1),
};

/** Zero is a port if the protocol has ports, except before destination NAT. */
export const hasPort = (port: SmallNumberField): FieldCondition =>
  port === 'destinationServicePort' ? hasNumber(port) : { any: [hasNumber(port), withPorts] };
