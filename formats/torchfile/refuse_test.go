package torchfile_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/formats/torchfile"
)

// entry is a file of an archive.
type entry struct {
	name   string
	data   string
	method uint16
}

// archive makes a zip archive.
func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		w, err := z.CreateHeader(&zip.FileHeader{Name: e.name, Method: e.method})
		require.NoError(t, err)
		_, err = io.WriteString(w, e.data)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

// pickled makes an archive of a pickle and of storages, "0" and so on.
func pickled(t testing.TB, pickle string, storages ...string) []byte {
	entries := []entry{{name: "x/data.pkl", data: pickle}, {name: "x/version", data: "3\n"}}
	for i, s := range storages {
		entries = append(entries, entry{name: "x/data/" + string(rune('0'+i)), data: s})
	}
	return archive(t, entries...)
}

// Parts of pickles.
const (
	text     = "X\x01\x00\x00\x00" // and one letter
	rebuild  = "ctorch._utils\n_rebuild_tensor_v2\n"
	storage0 = "(X\x07\x00\x00\x00storagectorch\nFloatStorage\n" + text + "0" + text + "cK\x04tQ" // four float32
	hooks    = "ccollections\nOrderedDict\n)R"
)

// tensor is a pickle of a tensor in a storage, by offset, shape and stride.
func tensor(storage, place string) string {
	return "\x80\x02" + rebuild + "(" + storage + place + "\x89" + hooks + "tR."
}

var sixteen = strings.Repeat("\x00", 16)

func TestHandmadeTensor(t *testing.T) {
	f, err := read(pickled(t, tensor(storage0, "K\x01K\x03\x85K\x01\x85"), "\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\x40"))
	require.NoError(t, err)
	values, err := f.Root().(*torchfile.Tensor).Float32s()
	require.NoError(t, err)
	assert.Equal(t, []float32{2, 3, 4}, values)
}

// TestRefusesNames is about pickles that ask for what no tensor needs: the error names it.
func TestRefusesNames(t *testing.T) {
	for name, test := range map[string]struct{ pickle, want string }{
		"a shell":             {"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R.", `"posix.system"`},
		"in protocol 4":       {"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.", `"builtins.eval"`},
		"a nested pickle":     {"\x80\x02ctorch.storage\n_load_from_bytes\nU\x01x\x85R.", `"torch.storage._load_from_bytes"`},
		"a dotted name":       {"\x80\x02ctorch\nutils.cpp_extension.load\n)R.", `"torch.utils.cpp_extension.load"`},
		"a quantised tensor":  {"\x80\x02ctorch._utils\n_rebuild_qtensor\n)R.", `"torch._utils._rebuild_qtensor"`},
		"numpy":               {"\x80\x02cnumpy.core.multiarray\nscalar\n)R.", `"numpy.core.multiarray.scalar"`},
		"a module's class":    {"\x80\x02c__torch__\nNet\n)\x81.", `"__torch__.Net"`},
		"a storage elsewhere": {"\x80\x02cevil\nFloatStorage\n.", `"evil.FloatStorage"`},
		"a type elsewhere":    {"\x80\x02cevil\nfloat32\n.", `"evil.float32"`},
		"not a function":      {"\x80\x02ctorch\nload\n.", `"torch.load"`},
		"a new object":        {"\x80\x02ccollections\nOrderedDict\n)\x81.", "NEWOBJ"},
		"an instance":         {"\x80\x02(iposix\nsystem\n.", "INST"},
		"an extension":        {"\x80\x02\x82\x01.", "EXT1"},
		"a text reference":    {"\x80\x02Pkey\n.", "PERSID"},
		"an unknown":          {"\x80\x02\xff.", "0xff"},
		"a long name, cut":    {"\x80\x02cm\n" + strings.Repeat("n", 300) + "\n.", `nnn"...`},
		"escapes in the name": {"\x80\x02cm\n\x1b[2Jn\n.", `\x1b[2J`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(pickled(t, test.pickle))
			var refused *torchfile.RefusedError
			require.ErrorAs(t, err, &refused)
			assert.ErrorContains(t, err, test.want)
			assert.ErrorContains(t, err, "torchfile: read: data.pkl: offset ")
			assert.ErrorContains(t, err, "nothing was run")
		})
	}
}

// TestRefusesPickles is about pickles that are cut off, inconsistent, or larger than they look.
func TestRefusesPickles(t *testing.T) {
	deep := "\x80\x02" + strings.Repeat("]", 200) + strings.Repeat("a", 199) + "."
	// Ten lists, each ten times the one before: 10^10 values in 250 bytes.
	laughs := "\x80\x02]q\x00"
	for i := range 10 {
		at := string(rune(i))
		laughs += "](" + strings.Repeat("h"+at, 10) + "eq" + string(rune(i+1))
	}
	laughs = strings.Replace(laughs, "]q\x00", "K\x01q\x00", 1)
	laughs = "\x80\x02(" + laughs[2:] + "t."
	for name, test := range map[string]struct{ pickle, want string }{
		"empty":                {"", "unexpected EOF"},
		"no end":               {"\x80\x02N", "unexpected EOF"},
		"nothing":              {"\x80\x02.", "ends with 0 values"},
		"two values":           {"\x80\x02NN.", "ends with 2 values"},
		"open mark":            {"\x80\x02(N.", "ends with 1 values"},
		"after the end":        {"\x80\x02N.N", "ends after 4 of 5 bytes"},
		"protocol":             {"\x80\x09N.", "pickle protocol 9"},
		"short text":           {"\x80\x02X\xff\xff\xff\xffab.", "4294967295 bytes: unexpected EOF"},
		"huge text":            {"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xffab.", "unexpected EOF"},
		"no UTF-8":             {"\x80\x02X\x01\x00\x00\x00\xff.", "not UTF-8"},
		"no name":              {"\x80\x02cposix", "a name without end"},
		"memo":                 {"\x80\x02h\x05.", "memo's number 5"},
		"put of nothing":       {"\x80\x02q\x05.", "not there"},
		"tuple of nothing":     {"\x80\x02\x87.", "needs 3 values"},
		"below a mark":         {"\x80\x02N(\x85.", "needs 1 values"},
		"no mark":              {"\x80\x02t.", "needs a mark"},
		"append to a dict":     {"\x80\x02}Na.", "appends to a dict"},
		"items into a list":    {"\x80\x02]NNs.", "into a list"},
		"odd items":            {"\x80\x02}(Nu.", "1 keys and values"},
		"key None":             {"\x80\x02}NNs.", "key of a dict is None"},
		"key a tuple":          {"\x80\x02})Ns.", "key of a dict is a tuple"},
		"call of a text":       {"\x80\x02" + text + "a)R.", `calls the text "a" with a tuple`},
		"call of a class":      {"\x80\x02ctorch\nTensor\n)R.", "calls a class"},
		"call without a tuple": {"\x80\x02ccollections\nOrderedDict\nNR.", "calls a function with None"},
		"attributes of a list": {"\x80\x02]}b.", "gives attributes to a list"},
		"attributes of a dict": {"\x80\x02}}b.", "gives attributes to a dict"},
		"a class as value":     {"\x80\x02ccollections\nOrderedDict\n.", "has a function for a value"},
		"a bare storage":       {"\x80\x02" + storage0 + ".", "has a storage for a value"},
		"names of numbers":     {"\x80\x04K\x01K\x02\x93.", "a name is not a text"},
		"too deep":             {deep, "nested deeper than 100"},
		"in itself":            {"\x80\x02(" + strings.Repeat("N", 200) + "]q\x00h\x00at.", "or in themselves"},
		"billion laughs":       {laughs, "in too many places at once"},
		"stack":                {"\x80\x02" + strings.Repeat("N", 70_000) + ".", "more than 65536 values"},
		"marks":                {"\x80\x02" + strings.Repeat("(", 70_000) + ".", "more than 65536 marks"},
		"a size of texts":      {"\x80\x02ctorch\nSize\n" + text + "a\x85\x85R.", "number 0 is the text"},
		"a size of many":       {"\x80\x02ctorch\nSize\n(" + strings.Repeat("K\x01", 65) + "t\x85R.", "65 numbers"},
		"a device of numbers":  {"\x80\x02ctorch\ndevice\nK\x01\x85R.", "a torch.device of a whole number"},
		"pairs":                {"\x80\x02ccollections\nOrderedDict\n]Na\x85R.", "want pairs"},
		"pairs once more":      {"\x80\x02(](" + strings.Repeat("K\x01K\x02\x86", 40) + "eq\x00" + strings.Repeat("ccollections\nOrderedDict\nh\x00\x85R", 100) + "t.", "more OrderedDicts"},
		"reference of None":    {"\x80\x02NQ.", "a reference to a storage where none can be"},
		"another reference":    {"\x80\x02" + text + "a\x85Q.", "a reference that is none to a storage"},
		"a whole module":       {"\x80\x02X\x06\x00\x00\x00moduleNNNNt.", "needs a mark"},
		"module":               {"\x80\x02(X\x06\x00\x00\x00moduleNNNNtQ.", "save its state_dict instead"},
		"storage of texts":     {"\x80\x02(X\x07\x00\x00\x00storageNNNNtQ.", "a storage of None, key None, None elements"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(pickled(t, test.pickle, sixteen))
			require.ErrorContains(t, err, test.want)
			assert.ErrorContains(t, err, "torchfile: read: data.pkl: ")
		})
	}
}

// TestRefusesTensors is about tensors that would read outside their storage, or take more memory than the
// file.
func TestRefusesTensors(t *testing.T) {
	max64 := "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"
	other := strings.ReplaceAll(storage0, "Float", "Long")
	for name, test := range map[string]struct{ pickle, want string }{
		"too long":         {tensor(storage0, "K\x00K\x05\x85K\x01\x85"), "has only 4 elements"},
		"offset":           {tensor(storage0, "K\x02K\x03\x85K\x01\x85"), "has only 4 elements"},
		"far offset":       {tensor(storage0, max64+"K\x01\x85K\x01\x85"), "has only 4 elements"},
		"empty, outside":   {tensor(storage0, "K\x05K\x00\x85K\x01\x85"), "has only 4 elements"},
		"stride":           {tensor(storage0, "K\x00K\x02\x85K\x04\x85"), "has only 4 elements"},
		"far stride":       {tensor(storage0, "K\x00K\x02\x85"+max64+"\x85"), "too far apart"},
		"wrapping strides": {tensor(storage0, "K\x00K\x02K\x02K\x02\x87"+max64+max64+"K\x02\x87"), "too far apart"},
		"negative stride":  {tensor(storage0, "K\x03K\x02\x85J\xff\xff\xff\xff\x85"), "want none below 0"},
		"negative offset":  {tensor(storage0, "J\xff\xff\xff\xffK\x02\x85K\x01\x85"), "offset is -1"},
		"negative shape":   {tensor(storage0, "K\x00J\xff\xff\xff\xff\x85K\x01\x85"), "no negative dimension"},
		"huge shape":       {tensor(storage0, "K\x00"+max64+max64+"\x86K\x00K\x00\x86"), "too many elements"},
		"repeated":         {tensor(storage0, "K\x00J\x00\x00\x10\x00\x85K\x00\x85"), "repeats the 4 elements"},
		"ranks":            {tensor(storage0, "K\x00K\x01\x85)"), "1 dimensions with 0 strides"},
		"rank":             {tensor(storage0, "K\x00("+strings.Repeat("K\x01", 17)+"t("+strings.Repeat("K\x01", 17)+"t"), "17 dimensions"},
		"shape of None":    {tensor(storage0, "K\x00N)"), "a tensor's shape is None"},
		"of no storage":    {tensor("N", "K\x00))"), "a tensor of None, want a storage"},
		"few arguments":    {"\x80\x02" + rebuild + ")R.", "a tensor of 0 arguments"},
		"conjugate":        {"\x80\x02" + rebuild + "(" + storage0 + "K\x00))\x89N}X\x04\x00\x00\x00conj\x88stR.", "conj"},
		"no such storage":  {tensor(strings.ReplaceAll(storage0, text+"0", text+"9"), "K\x00))"), `"data/9" is not in the archive`},
		"another size":     {tensor(strings.ReplaceAll(storage0, "K\x04t", "K\x05t"), "K\x00))"), "16 bytes, want 20"},
		"negative size":    {tensor(strings.ReplaceAll(storage0, "K\x04t", "J\xff\xff\xff\xfft"), "K\x00))"), "a storage of"},
		"huge size":        {tensor(strings.ReplaceAll(storage0, "K\x04t", max64+"t"), "K\x00))"), "too many"},
		"two types": {"\x80\x02(" + unended(tensor(storage0, "K\x00))")) +
			unended(tensor(other, "K\x00))")) + "t.", "elsewhere"},
		"untyped":             {tensor(strings.ReplaceAll(storage0, "torch\nFloatStorage", "torch\nUntypedStorage"), "K\x00))"), "bytes, want 4"},
		"a parameter of None": {"\x80\x02ctorch._utils\n_rebuild_parameter\nN\x89N\x87R.", "a parameter of None"},
		"type of None":        {"\x80\x02ctorch._utils\n_rebuild_tensor_v3\n(" + storage0 + "K\x00))\x89NNtR.", "a tensor's type is None"},
		"attributes of attributes": {"\x80\x02ctorch._tensor\n_rebuild_from_type_v2\nq\x00(h\x00ctorch\nTensor\n(h\x00NNNt}tR.",
			"want a storage"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(pickled(t, test.pickle, sixteen))
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestRefusesArchives(t *testing.T) {
	whole := entry{name: "x/data.pkl", data: tensor(storage0, "K\x00K\x04\x85K\x01\x85")}
	data := entry{name: "x/data/0", data: sixteen}
	for name, test := range map[string]struct {
		entries []entry
		want    string
	}{
		"no pickle":          {[]entry{data}, "without data.pkl"},
		"two pickles":        {[]entry{whole, {name: "y/data.pkl"}}, "want one data.pkl"},
		"two storages":       {[]entry{whole, data, data}, "there twice"},
		"compressed":         {[]entry{whole, {name: data.name, data: sixteen, method: zip.Deflate}}, "compressed or encrypted"},
		"compressed pickle":  {[]entry{{name: whole.name, data: whole.data, method: zip.Deflate}, data}, "compressed or encrypted"},
		"later version":      {[]entry{whole, data, {name: "x/version", data: "11\n"}}, `version "11\n": want 1 to 10`},
		"version of letters": {[]entry{whole, data, {name: "x/version", data: "x"}}, `version "x"`},
		"large version":      {[]entry{whole, data, {name: "x/version", data: strings.Repeat("1", 30)}}, "want at most 20"},
		"byte order":         {[]entry{whole, data, {name: "x/byteorder", data: "big"}}, "only little-endian"},
		"long storage":       {[]entry{whole, {name: data.name, data: sixteen + "\x00"}}, "17 bytes, want 16"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(archive(t, test.entries...))
			require.ErrorContains(t, err, test.want)
		})
	}
	for name, header := range map[string]zip.FileHeader{
		"another size": {Method: zip.Store, CompressedSize64: 16, UncompressedSize64: 1 << 40},
		"deflated":     {Method: zip.Deflate, CompressedSize64: 16, UncompressedSize64: 16},
		"encrypted":    {Method: zip.Store, CompressedSize64: 16, UncompressedSize64: 16, Flags: 1},
	} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.CreateHeader(&zip.FileHeader{Name: whole.name, Method: zip.Store})
		require.NoError(t, err)
		_, err = io.WriteString(w, whole.data)
		require.NoError(t, err)
		header.Name = data.name
		w, err = z.CreateRaw(&header)
		require.NoError(t, err)
		_, err = io.WriteString(w, sixteen)
		require.NoError(t, err)
		require.NoError(t, z.Close())
		_, err = read(b.Bytes())
		assert.ErrorContains(t, err, "compressed or encrypted", name)
	}
	_, err := read(archive(t, whole, data))
	require.NoError(t, err, "without version, in one folder or none")
	_, err = read(archive(t, entry{name: "data.pkl", data: whole.data}, entry{name: "data/0", data: sixteen}))
	require.NoError(t, err)

	for text, want := range map[string]string{
		"": "file of 0 bytes", "GIF89a": "no file of torch.save", "\x80\x02N.": "without PyTorch's magic number",
		"storages\x00\x00\x00": "before 0.1.10", "PK\x05\x06": "a whole zip archive",
	} {
		_, err := read([]byte(text))
		assert.ErrorContains(t, err, want, text)
	}
}

// TestDamage: a storage is compared with its checksum when it is first read.
func TestDamage(t *testing.T) {
	file := pickled(t, tensor(storage0, "K\x00K\x04\x85K\x01\x85"), strings.Repeat("\x11", 16))
	at := bytes.Index(file, []byte(strings.Repeat("\x11", 16)))
	file[at+3] ^= 1
	f, err := read(file)
	require.NoError(t, err)
	for range 2 {
		_, err = f.Root().(*torchfile.Tensor).Float32s()
		assert.ErrorContains(t, err, `storage "0": checksum`)
	}
	pickle := bytes.Index(file, []byte("storage"))
	file[pickle] ^= 1
	_, err = read(file)
	assert.ErrorContains(t, err, "data.pkl\": checksum")
}

// TestTruncated: no part of a file is one.
func TestTruncated(t *testing.T) {
	for _, name := range []string{"views.pth", "views_legacy.pth", "values4.pth"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(t, err)
		for n := range data {
			_, err := read(data[:n])
			require.Error(t, err, "%s, %d bytes", name, n)
		}
	}
}

// TestFlippedBytes reads files with one byte changed: whatever comes of it, it is no panic, and what can be
// read is consistent.
func TestFlippedBytes(t *testing.T) {
	for _, name := range []string{"views.pth", "views_legacy.pth"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(t, err)
		for i := range data {
			for _, bit := range []byte{1, 0x80} {
				changed := bytes.Clone(data)
				changed[i] ^= bit
				if f, err := read(changed); err == nil {
					readAll(t, f)
				}
			}
		}
	}
}

// readAll reads every tensor.
func readAll(t testing.TB, f *torchfile.File) {
	require.NoError(t, torchfile.Walk(f.Root(), func(_ string, v any) error {
		if x, ok := v.(*torchfile.Tensor); ok {
			if b, err := x.Bytes(); err == nil {
				require.Len(t, b, x.Len()*x.DType().Size())
			}
		}
		return nil
	}))
}

// TestMemory: no pickle takes more than 128 times its size.
func TestMemory(t *testing.T) {
	const n = 300_000
	for name, unit := range map[string]struct{ before, each string }{
		"lists":  {"]", "]a"},
		"dicts":  {"]", "}a"},
		"filled": {"]", "}\x88Nsa"},
		"tuples": {"]", "K\x01\x85a"},
		"empty":  {"]", ")a"},
		"none":   {"]", "Na"},
		"memo":   {"]\x94", "N\x94a"},
		"big":    {"]", "\x8a\x09\x01\x01\x01\x01\x01\x01\x01\x01\x01a"},
	} {
		pickle := "\x80\x04" + unit.before + strings.Repeat(unit.each, n/len(unit.each)) + "."
		limit(t, name, pickle)
	}
	limit(t, "ordered", "\x80\x04](ccollections\nOrderedDict\nq\x00)R"+strings.Repeat("h\x00)R", 15_000)+"e.")
	args := "(" + storage0 + "K\x00(" + strings.Repeat("K\x01", 16) + "t(" + strings.Repeat("K\x01", 16) + "t\x89" + hooks + "tq\x01"
	limit(t, "tensors", "\x80\x04("+rebuild+"q\x00"+args+"R"+strings.Repeat("h\x00h\x01R", 50_000)+"t.")
}

// limit reads a pickle and compares what it takes with its size.
func limit(t *testing.T, name, pickle string) {
	t.Helper()
	file := pickled(t, pickle, sixteen)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f, err := read(file)
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.NoError(t, err, name)
	times := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(pickle))
	assert.Less(t, times, 128.0, name)
	t.Logf("%s: %.0f times", name, times)
	runtime.KeepAlive(f)
	f, err = torchfile.Options{MaxPickle: len(pickle) - 1}.Read(bytes.NewReader(file), int64(len(file)))
	assert.ErrorContains(t, err, "want at most", name)
	assert.Nil(t, f)
}

// legacyFile makes a file as before PyTorch 1.6.
func legacyFile(objects, keys string, storages ...string) []byte {
	file := "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19." + "\x80\x02M\xe9\x03." + "\x80\x02}X\x0d\x00\x00\x00little_endian\x88s." + objects + keys
	for _, s := range storages {
		file += string(binary.LittleEndian.AppendUint64(nil, uint64(len(s)/4))) + s
	}
	return []byte(file)
}

// TestLegacyParts: before PyTorch 0.4, a tensor could be in a part of a storage.
func TestLegacyParts(t *testing.T) {
	part := strings.Replace(storage0, "K\x04t", "K\x04"+text+"pK\x01K\x02\x87t", 1)
	numbers := "\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\x40"
	keys := "\x80\x02]" + text + "0a."
	f, err := read(legacyFile(tensor(part, "K\x00K\x02\x85K\x01\x85"), keys, numbers))
	require.NoError(t, err)
	values, err := f.Root().(*torchfile.Tensor).Float32s()
	require.NoError(t, err)
	assert.Equal(t, []float32{2, 3}, values)

	_, err = read(legacyFile(tensor(part, "K\x00K\x03\x85K\x01\x85"), keys, numbers))
	assert.ErrorContains(t, err, "has only 2 elements", "it stays in its part")
	_, err = read(legacyFile(tensor(strings.Replace(part, "K\x01K\x02\x87", "K\x03K\x02\x87", 1), "K\x00))"), keys, numbers))
	assert.ErrorContains(t, err, "2 elements from number 3, of 4")

	untyped := "(X\x07\x00\x00\x00storagectorch\nUntypedStorage\n" + text + "0" + text + "cK\x10" + text + "pK\x02K\x08\x87tQ"
	_, err = read(legacyFile("\x80\x02ctorch._utils\n_rebuild_tensor_v3\n("+untyped+"K\x00))\x89"+hooks+"ctorch\nfloat32\ntR.", keys, numbers))
	assert.ErrorContains(t, err, "begins within an element")
}

func TestRefusesLegacy(t *testing.T) {
	plain := tensor(storage0, "K\x00K\x04\x85K\x01\x85")
	keys := "\x80\x02]" + text + "0a."
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"no keys":      {legacyFile(plain, "\x80\x02]."), "want a list of the 1"},
		"other keys":   {legacyFile(plain, "\x80\x02]"+text+"1a.", sixteen), "which is no tensor's"},
		"a key twice":  {legacyFile("\x80\x02"+unended(plain)+unended(strings.Replace(plain, text+"0", text+"1", 1))+"\x86.", "\x80\x02]"+text+"0a"+text+"0a.", sixteen, sixteen), "or twice there"},
		"another size": {legacyFile(plain, keys, sixteen[:12]), "3 elements, want 4"},
		"no storage":   {legacyFile(plain, keys), "unexpected EOF"},
		"half of it":   {legacyFile(plain, keys, sixteen)[:len(legacyFile(plain, keys, sixteen))-8], "unexpected EOF"},
		"code":         {legacyFile("\x80\x02cos\nsystem\n.", keys), `"os.system"`},
		"version":      {bytes.Replace(legacyFile(plain, keys, sixteen), []byte("M\xe9\x03"), []byte("M\xe8\x03"), 1), "version 1000"},
		"big-endian":   {bytes.Replace(legacyFile(plain, keys, sixteen), []byte("endian\x88"), []byte("endian\x89"), 1), "little_endian is false"},
	} {
		_, err := read(test.file)
		assert.ErrorContains(t, err, test.want, name)
	}
	_, err := read(legacyFile(plain, keys, sixteen))
	require.NoError(t, err)
	file := legacyFile(plain, keys, sixteen)
	_, err = torchfile.Options{MaxPickle: 100}.Read(bytes.NewReader(file), int64(len(file)))
	assert.ErrorContains(t, err, "first 100 bytes")
}

// unended is a pickle without its first and its last instruction, to be part of another.
func unended(pickle string) string { return pickle[2 : len(pickle)-1] }

// failingReader has an error of its own.
type failingReader struct{ err error }

func (r failingReader) ReadAt([]byte, int64) (int, error) { return 0, r.err }

func TestReaderErrors(t *testing.T) {
	gone := errors.New("the disk is gone")
	_, err := torchfile.Read(failingReader{gone}, 1000)
	assert.ErrorIs(t, err, gone)
	_, err = torchfile.Read(bytes.NewReader([]byte("PK\x03\x04")), 1000)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
}
