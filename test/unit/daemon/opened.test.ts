import { Opened } from '../../../agent/daemon/opened';

const stage = () => {
  const closed: string[] = [];
  const opened = new Opened();
  const open = (name: string, failure?: Error) =>
    opened.onClose(() => {
      closed.push(name);
      if (failure !== undefined) throw failure;
    });
  return { closed, opened, open };
};

test('parts are closed the last first when the work has ended', async () => {
  const { closed, opened, open } = stage();
  await opened.during(() => {
    open('journal');
    open('gateway');
    return Promise.resolve();
  });
  expect(closed).toEqual(['gateway', 'journal']);
});

test('what the work threw is told, and all that was opened until then is closed, also when a part fails at that', async () => {
  const { closed, opened, open } = stage();
  const work = opened.during(() => {
    open('journal');
    open('gateway', new Error('cannot be closed'));
    return Promise.reject(new Error('no certificate'));
  });
  await expect(work).rejects.toThrow('no certificate');
  expect(closed).toEqual(['gateway', 'journal']);
});

test('a part that cannot be closed is told when nothing else went wrong', async () => {
  const { opened, open } = stage();
  await expect(
    opened.during(() => {
      open('journal', new Error('disk full'));
      return Promise.resolve();
    }),
  ).rejects.toThrow('disk full');
});
