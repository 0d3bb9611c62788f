import { beginsAnew, belongsHere } from '../../../agent/domain/lane-view';
import {
  born,
  factsWith,
  instanceRecord,
  ME,
  migrationView,
  orderOf,
  OTHER,
  prepareOf,
  serviceRecord,
  viewOf,
} from '../../support/lane-views';

const picked = { order: orderOf() };
const arriving = {
  instance: instanceRecord({ ownerNodeId: OTHER }),
  migration: migrationView({ sourceNodeId: OTHER }),
};

it.each([
  ['the owner', {}, true],
  ['nobody, of an instance that is gone', { instance: null }, false],
  ['a stranger', { instance: instanceRecord({ ownerNodeId: OTHER }) }, false],
  ['one that knows of a migration and was not picked', arriving, false],
  ['one that was picked', { ...arriving, facts: born(factsWith(picked)) }, true],
  [
    'one that has prepared, as only the ledger knows',
    { ...arriving, migration: migrationView({ sourceNodeId: OTHER }, { prepares: [prepareOf(ME)] }) },
    true,
  ],
  [
    'one that was picked and gave up',
    { ...arriving, facts: born(factsWith({ ...picked, failure: { stage: 'pull', reason: 'x' } })) },
    false,
  ],
  [
    'one that was picked for what is handed over to another',
    {
      ...arriving,
      migration: migrationView({ sourceNodeId: OTHER, state: 'HANDED_OVER', destinationNodeId: 'Edge3MSP' }),
      facts: born(factsWith(picked)),
    },
    false,
  ],
] as const)('a container is to be on the node of %s: %j', (_who, changes, isHere) => {
  expect(belongsHere(viewOf(changes))).toBe(isHere);
});

it('nothing begins anew in a container that others use', () => {
  const instance = instanceRecord({ recoveredFrom: 'image', epoch: 3 });
  const facts = { ...born(), expectedAtEpoch: 3 };
  expect(beginsAnew(viewOf({ instance, facts }))).toBe(true);
  expect(beginsAnew(viewOf({ instance, facts, service: serviceRecord({ tenancy: 'shared', state: 'none' }) }))).toBe(
    false,
  );
});
