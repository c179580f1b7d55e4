/** Media types of the files that the five systems take. */
const TYPES: Readonly<Record<string, string>> = {
  pdf: 'application/pdf', json: 'application/json', jsonl: 'application/x-ndjson', xml: 'application/xml', zip: 'application/zip',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  csv: 'text/csv', tsv: 'text/tab-separated-values', txt: 'text/plain', md: 'text/markdown', html: 'text/html', htm: 'text/html',
  eml: 'message/rfc822', msg: 'application/vnd.ms-outlook', parquet: 'application/vnd.apache.parquet',
  png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', tiff: 'image/tiff', tif: 'image/tiff',
}

/** The media type of a file name, by its ending; `application/octet-stream` for one that is not known. */
export function mediaType(filename: string): string {
  const extension = /\.([A-Za-z0-9]+)$/.exec(filename)?.[1]?.toLowerCase()
  return (extension !== undefined && TYPES[extension]) || 'application/octet-stream'
}
