/**
 * What happens in a cluster: Events of the API server, and changes that the states of its objects show. Asks
 * nobody by itself; something else follows the kinds that it needs.
 */
export { ClusterEvents, type ClusterEventsParts } from './cluster-events.ts';
export { joinedKinds } from './joined-kinds.ts';
