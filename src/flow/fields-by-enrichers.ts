/**
 * Fields that only enrichers fill, with what a cluster or a configuration says about the two ends. No agent
 * sends them, so the flow table has no place for them. Most have no element: no registry has one, and the
 * project has no enterprise number.
 */
import { antreaElement } from './element.ts';
import { type Field, textField } from './field.ts';

const namedField = (description: string) => ({ storage: 'string' as const, description, elements: [] });

const uidField = (id: number, name: string, what: string) =>
  textField(antreaElement(id, name, 'octetArray'), `UID of ${what}`);

export const fieldsByEnrichers = {
  sourceWorkloadKind: namedField('kind of the object that the source Pod belongs to, such as Deployment'),
  sourceWorkloadName: namedField('name of that object'),
  destinationWorkloadKind: namedField(
    'kind of the object that the destination Pod belongs to, such as StatefulSet',
  ),
  destinationWorkloadName: namedField('name of that object'),
  sourceZone: namedField("zone of the source's node"),
  destinationZone: namedField("zone of the destination's node"),
  sourceRangeName: namedField("configured name of the source's address range"),
  destinationRangeName: namedField("configured name of the destination's address range"),
  namedByAggregator: namedField(
    'what was named here, as no node had: source, destination, service; those inferred from a port begin with inferred-',
  ),
  sourcePodUUID: uidField(159, 'sourcePodUUID', 'the source Pod'),
  destinationPodUUID: uidField(160, 'destinationPodUUID', 'the destination Pod'),
  sourceNodeUUID: uidField(161, 'sourceNodeUUID', "the source's node"),
  destinationNodeUUID: uidField(162, 'destinationNodeUUID', "the destination's node"),
  destinationServiceUUID: uidField(163, 'destinationServiceUUID', 'the Service'),
} as const satisfies Record<string, Field>;

/** Their names. */
export const enricherFields = Object.keys(fieldsByEnrichers) as (keyof typeof fieldsByEnrichers)[];
