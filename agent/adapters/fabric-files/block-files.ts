import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BlosmError } from '../../../chaincode/src/model';
import type { ChainBlock } from '../../domain/chain-facts';
import type { ChainSource } from '../../ports/chain';
import { BlockFactsReader } from '../fabric-grpc/blocks';
import { blockRecords, BlockFileFault, type BlockRecord } from './block-file';
import { readStoredBlock } from './stored-block';

const BLOCK_FILE = /^blockfile_(\d{6})$/;

/**
 * The copied block files of a peer or an orderer: no network, no Fabric. Reads one block at a time.
 * @param folder e.g. a peer's `ledgersData/chains/chains/CHANNEL`, an orderer's `chains/CHANNEL`
 * @throws BlosmError BLOSM_E_NOT_FOUND when no block files are there
 */
export async function openBlockFiles(folder: string): Promise<ChainSource> {
  const files = await findFiles(folder);
  return {
    blocks: (first, last, signal) => blocksOf(files, { first, last: last ?? Number.MAX_SAFE_INTEGER, signal }),
  };
}

async function findFiles(folder: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    throw notFound(`cannot read ${folder}`, cause);
  }
  const found = names.filter((name) => BLOCK_FILE.test(name)).sort();
  if (found.length === 0) throw notFound(`there is no blockfile_000000 in ${folder}`);
  const gap = found.findIndex((name, index) => Number(BLOCK_FILE.exec(name)?.[1]) !== index);
  if (gap !== -1) throw notFound(`blockfile_${String(gap).padStart(6, '0')} is missing in ${folder}`);
  return found.map((name) => join(folder, name));
}

function notFound(what: string, cause?: unknown): BlosmError {
  return new BlosmError('BLOSM_E_NOT_FOUND', what, {
    stage: 'verify',
    cause,
    hint: 'A peer keeps them in ledgersData/chains/chains/CHANNEL, an orderer in chains/CHANNEL of its ledger.',
  });
}

interface Wanted {
  readonly first: number;
  readonly last: number;
  readonly signal: AbortSignal;
}

async function* blocksOf(files: readonly string[], wanted: Wanted): AsyncGenerator<ChainBlock> {
  const reader = new BlockFactsReader();
  // Counted, not believed: what a record says of its number is judged by whoever asked.
  let next: number | null = null;
  for (const file of files) {
    try {
      for await (const record of blockRecords(file)) {
        if (wanted.signal.aborted) throw new BlosmError('BLOSM_E_CANCELLED', 'the verification was interrupted');
        next ??= record.number;
        if (next > wanted.last) return;
        if (next >= wanted.first) yield await factsOf(reader, record);
        next += 1;
      }
    } catch (error) {
      if (!(error instanceof BlockFileFault)) throw error;
      yield { number: next ?? 0, unreadable: `${file} ${error.message}` };
      return;
    }
  }
}

/** @throws BlockFileFault when the record holds no block */
async function factsOf(reader: BlockFactsReader, record: BlockRecord): Promise<ChainBlock> {
  const bytes = await record.read();
  try {
    return reader.read(readStoredBlock(bytes));
  } catch (error) {
    throw new BlockFileFault(`at byte ${record.offset}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
