export { inspectJournal, readJournalTail } from './inspect';
export { openJournal, type OpenJournal } from './journal';
export { lockHolder } from './lock';
export { openStore, readStore } from './store';
