# Reads the files beside this script. Base R is enough:
#   source("read_discourse.R", encoding = "UTF-8"); d <- read_discourse("path/to/this/folder")
#   d$documents, d$vocab, d$meta   as stm wants them:  stm::stm(d$documents, d$vocab, K = 20, data = d$meta)
#   d$dfm                          a quanteda dfm, where quanteda is installed
#   d$dtm                          a sparse matrix, where Matrix is installed
#   d$theta, d$phi                 the model: passages x topics, topics x terms; column 1 is topic 0
# 读取本文件夹中的数据；只需 R 本身。每一行是一个段落。

read_discourse <- function(folder = ".") {
  path <- function(name) file.path(folder, name)
  lines <- function(name) {
    connection <- file(path(name), open = "r", encoding = "UTF-8")
    on.exit(close(connection))
    readLines(connection, warn = FALSE)
  }
  table_of <- function(name, ...) {
    utils::read.table(path(name), header = TRUE, sep = "\t", quote = "", comment.char = "",
                      na.strings = "NA", stringsAsFactors = FALSE, encoding = "UTF-8",
                      fileEncoding = "UTF-8", check.names = FALSE, ...)
  }
  vocab <- lines("vocab.txt")
  counts <- table_of("triplets.tsv", colClasses = "integer")
  meta <- table_of("passages.tsv")
  theta <- as.matrix(table_of("theta.tsv", colClasses = "numeric"))
  phi <- t(as.matrix(table_of("phi.tsv", colClasses = "numeric")))
  rownames(theta) <- meta$passage_id
  colnames(phi) <- vocab
  row <- factor(counts$i, levels = seq_len(nrow(meta)))
  pair <- function(own) rbind(counts$j[own], counts$x[own], deparse.level = 0)
  documents <- lapply(split(seq_along(counts$i), row), pair)
  names(documents) <- meta$passage_id
  stopifnot(nrow(theta) == nrow(meta), length(documents) == nrow(meta), max(counts$j) <= length(vocab))
  read <- list(documents = documents, vocab = vocab, meta = meta, theta = theta, phi = phi)
  if (requireNamespace("Matrix", quietly = TRUE)) {
    read$dtm <- Matrix::sparseMatrix(
      i = counts$i, j = counts$j, x = as.numeric(counts$x),
      dims = c(nrow(meta), length(vocab)), dimnames = list(meta$passage_id, vocab)
    )
    if (requireNamespace("quanteda", quietly = TRUE)) {
      read$dfm <- quanteda::as.dfm(read$dtm)
      quanteda::docvars(read$dfm) <- meta
    }
  }
  read
}
