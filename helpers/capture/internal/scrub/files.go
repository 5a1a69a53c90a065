package scrub

import (
	"fmt"
	"os"
	"syscall"

	"capture/internal/process"
)

// files are the bytes of the program and of its libraries, by inode: everybody has them.
type files map[uint64][]byte

// filesOf opens every file that the process has mapped as code. One that cannot be opened is as good as none.
func filesOf(pid int, mappings []process.Mapping) files {
	found := files{}
	for _, mapping := range mappings {
		if _, known := found[mapping.Inode]; known || !mapping.Executable || mapping.Anonymous() {
			continue
		}
		for _, path := range []string{
			process.Path(pid, "exe"),
			process.Path(pid, fmt.Sprintf("map_files/%x-%x", mapping.From, mapping.To)),
			process.Path(pid, "root") + mapping.Name,
		} {
			if bytes := mapFile(path, mapping.Inode); bytes != nil {
				found[mapping.Inode] = bytes
				break
			}
		}
	}
	return found
}

func mapFile(path string, inode uint64) []byte {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	var stat syscall.Stat_t
	if syscall.Fstat(int(file.Fd()), &stat) != nil || stat.Ino != inode || stat.Mode&syscall.S_IFMT != syscall.S_IFREG || stat.Size == 0 {
		return nil
	}
	bytes, err := syscall.Mmap(int(file.Fd()), 0, int(stat.Size), syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	return bytes
}

// at is what the file behind a mapping has at an address of it; nil when it is none of these files.
func (f files) at(mapping process.Mapping, address uint64) []byte {
	if mapping.Anonymous() {
		return nil
	}
	bytes := f[mapping.Inode]
	offset := mapping.Offset + address - mapping.From
	if offset >= uint64(len(bytes)) {
		return nil
	}
	return bytes[offset:]
}
