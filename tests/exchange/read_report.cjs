// Levels and numbers of a structured report, as dcmjs reads them.
const fs = require("fs");
const dcmjs = require("dcmjs");

const { DicomMessage, DicomMetaDictionary } = dcmjs.data;
dcmjs.log.setLevel("silent");
const file = fs.readFileSync(process.argv[2]);
const buffer = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
const report = DicomMetaDictionary.naturalizeDataset(DicomMessage.readFile(buffer).dict);

const list = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
const code = (item) => list(item.ConceptNameCodeSequence)[0]?.CodeValue;
const concept = (item) => list(item.ConceptCodeSequence)[0]?.CodeValue;
const within = (item) => list(item.ContentSequence);
const number = (value) =>
  value.FloatingPointValue !== undefined ? list(value.FloatingPointValue)[0] : Number(value.NumericValue);
const numbers = [];
const codes = [];

function visit(item, level) {
  const own = code(item) === "125007" ? within(item).find((each) => code(each) === "112039")?.TextValue : level;
  if (item.ValueType === "NUM") {
    const site = within(item).find((each) => code(each) === "363698007");
    const place = site && within(site).map(concept)[0];
    numbers.push([own ?? null, code(item), place ?? null, number(list(item.MeasuredValueSequence)[0])]);
  }
  if (item.ValueType === "CODE") codes.push([own ?? null, code(item), concept(item)]);
  within(item).forEach((each) => visit(each, own));
}
visit(report, null);
console.log(JSON.stringify({ numbers, codes }));
