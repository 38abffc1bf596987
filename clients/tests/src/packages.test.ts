// What npm would publish.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const clients = join(dirname(fileURLToPath(import.meta.url)), '../..')
const changes = readFileSync(join(clients, 'CHANGELOG.md'), 'utf8')

for (const folder of ['core', 'watermelondb', 'rxdb', 'react']) {
  test(`${folder}: what is packed is what is meant`, () => {
    const metadata = JSON.parse(readFileSync(join(clients, folder, 'package.json'), 'utf8'))
    const [packed] = JSON.parse(
      execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: join(clients, folder), encoding: 'utf8' }),
    )
    const files: string[] = packed.files.map(({ path }: { path: string }) => path)
    for (const file of ['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts']) assert.ok(files.includes(file), file)
    for (const file of files) assert.match(file, /^(LICENSE|README\.md|package\.json|dist\/\w+\.(js|d\.ts))$/)
    // Every module has its types, and nothing is imported that is not there.
    for (const file of files.filter((file) => file.endsWith('.js'))) {
      assert.ok(files.includes(file.replace(/\.js$/, '.d.ts')), file)
      for (const [, named] of readFileSync(join(clients, folder, file), 'utf8').matchAll(/from '(\.[^']*)'/g)) {
        assert.ok(files.includes(join('dist', named!)), `${file} imports ${named}`)
      }
    }
    assert.equal(metadata.type, 'module')
    assert.equal(metadata.sideEffects, false)
    assert.ok(metadata.engines.node && metadata.repository.url && metadata.description && metadata.keywords.length)
    assert.equal(metadata.repository.directory, `clients/${folder}`)
    const { types, default: main } = metadata.exports['.']
    for (const file of [types, main, metadata.types, metadata.main]) assert.ok(existsSync(join(clients, folder, file)), file)
    for (const [name, range] of Object.entries(metadata.dependencies ?? {})) {
      assert.ok(name.startsWith('@pain-journal/'), name)
      assert.equal(range, `^${metadata.version}`)
    }
    assert.ok(changes.includes(`## ${metadata.version}`), 'the version stands in the changelog')
  })

  test(`${folder}: it can be imported as it is published`, async () => {
    const { name } = JSON.parse(readFileSync(join(clients, folder, 'package.json'), 'utf8'))
    assert.ok(Object.keys(await import(name)).length > 0)
  })
}
