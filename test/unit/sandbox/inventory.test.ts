import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inventoryPath, openInventory, replaceInventory } from '../../../network/sandbox/state/inventory';

describe('the inventory of what a sandbox made', () => {
  let stateDir: string;
  beforeEach(() => (stateDir = mkdtempSync(join(tmpdir(), 'blosm-inventory-'))));
  afterEach(() => rmSync(stateDir, { recursive: true }));

  const bridge = { kind: 'bridge', name: 'blosm0' } as const;
  const folder = { kind: 'data-folder', name: '/somewhere' } as const;

  it('is on the disk as soon as a thing is recorded, and read by the next program', () => {
    openInventory(stateDir).record(bridge);
    expect(openInventory(stateDir).things()).toEqual([bridge]);
    expect(openInventory(stateDir).has('bridge', 'blosm0')).toBe(true);
    expect(openInventory(stateDir).has('link', 'blosm0')).toBe(false);
  });

  it('holds a thing once', () => {
    const inventory = openInventory(stateDir);
    inventory.record(bridge);
    inventory.record(bridge);
    expect(readFileSync(inventoryPath(stateDir), 'utf8').trim().split('\n')).toHaveLength(1);
  });

  it('loses nothing to a line that a crash has torn', () => {
    openInventory(stateDir).record(bridge);
    appendFileSync(inventoryPath(stateDir), '{"kind":"link","na');
    openInventory(stateDir).record(folder);
    expect(openInventory(stateDir).things()).toEqual([bridge, folder]);
  });

  it('keeps only what is left', () => {
    openInventory(stateDir).record(bridge);
    replaceInventory(stateDir, [folder]);
    expect(openInventory(stateDir).things()).toEqual([folder]);
    replaceInventory(stateDir, []);
    expect(openInventory(stateDir).things()).toEqual([]);
  });
});
